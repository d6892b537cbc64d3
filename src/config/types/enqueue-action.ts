// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { EnqueueActionConfigBlock } from './enqueue-action-config.js'

/**
 * A block `action` of type `enqueue`. Something that the gateway does: for an event of an `on` block, or when
 * the application asks.
 */
export interface EnqueueActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'enqueue'
  /** Puts a message into a queue. The result of the action is the id of the message. */
  readonly config: EnqueueActionConfigBlock
}
