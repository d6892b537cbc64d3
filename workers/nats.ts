import { runActor } from '../src/actor/run-actor.js'
import { natsAdapter } from '../src/adapters/nats/adapter.js'

runActor(natsAdapter)
