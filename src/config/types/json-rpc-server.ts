// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { JsonRpcServerConfigBlock } from './json-rpc-server-config.js'
import type { ServerAttributes } from './server-attributes.js'

/** A block `server` of type `json-rpc`. Serves methods on a listener of the gateway. */
export interface JsonRpcServerBlock extends ServerAttributes {
  /** Protocol. */
  readonly type: 'json-rpc'
  /** Settings of the protocol. */
  readonly config?: JsonRpcServerConfigBlock | undefined
  /**
   * Wire format of payloads.
   * @defaultValue `"json"`
   */
  readonly format?: 'json' | undefined
}
