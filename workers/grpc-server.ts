import { runActor } from '../src/actor/run-actor.js'
import { grpcServerAdapter } from '../src/adapters/grpc/server/adapter.js'

runActor(grpcServerAdapter)
