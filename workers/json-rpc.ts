import { runActor } from '../src/actor/run-actor.js'
import { jsonRpcAdapter } from '../src/adapters/json-rpc/adapter.js'

runActor(jsonRpcAdapter)
