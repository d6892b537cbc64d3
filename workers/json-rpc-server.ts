import { runActor } from '../src/actor/run-actor.js'
import { jsonRpcServer } from '../src/adapters/json-rpc/server/adapter.js'

runActor(jsonRpcServer)
