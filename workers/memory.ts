import { runActor } from '../src/actor/run-actor.js'
import { memoryAdapter } from '../src/adapters/memory/adapter.js'

runActor(memoryAdapter)
