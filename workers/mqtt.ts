import { runActor } from '../src/actor/run-actor.js'
import { mqttAdapter } from '../src/adapters/mqtt/adapter.js'

runActor(mqttAdapter)
