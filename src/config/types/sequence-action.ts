// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { SequenceActionConfigBlock } from './sequence-action-config.js'

/**
 * A block `action` of type `sequence`. Something that the gateway does: for an event of an `on` block, or
 * when the application asks.
 */
export interface SequenceActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'sequence'
  /** Runs actions one after the other. The result of the action is that of the last. */
  readonly config: SequenceActionConfigBlock
}
