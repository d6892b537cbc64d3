// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { RpcActionConfigBlock } from './rpc-action-config.js'

/**
 * A block `action` of type `rpc`. Something that the gateway does: for an event of an `on` block, or when the
 * application asks.
 */
export interface RpcActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'rpc'
  /** Calls a method. The result of the action is that of the call. */
  readonly config: RpcActionConfigBlock
}
