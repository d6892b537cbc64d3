import { runBroker } from '../src/actor/run-broker.js'
import { createMqttBroker } from '../src/brokers/mqtt/mqtt-broker.js'

runBroker(createMqttBroker)
