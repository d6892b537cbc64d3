import { runBroker } from '../src/actor/run-broker.js'
import { createMemoryBroker } from '../src/brokers/memory/memory-broker.js'

runBroker(createMemoryBroker)
