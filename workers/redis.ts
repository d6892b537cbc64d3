import { runActor } from '../src/actor/run-actor.js'
import { redisAdapter } from '../src/adapters/redis/adapter.js'

runActor(redisAdapter)
