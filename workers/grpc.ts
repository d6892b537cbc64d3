import { runActor } from '../src/actor/run-actor.js'
import { grpcAdapter } from '../src/adapters/grpc/adapter.js'

runActor(grpcAdapter)
