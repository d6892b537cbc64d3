import type { RpcHandler } from '../router/rpc-routes.js'

/** Methods that a server has beside those of the application. */
export interface BuiltIns {
  /** Their handlers by name. */
  readonly methods: ReadonlyMap<string, RpcHandler>
  /** Whether callers get the document of all methods by `rpc.discover`. */
  readonly discover: boolean
}

/** The name of the method that OpenRPC defines for discovery. */
export const DISCOVER_METHOD = 'rpc.discover'
