// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { ConditionalActionConfigBlock } from './conditional-action-config.js'

/**
 * A block `action` of type `conditional`. Something that the gateway does: for an event of an `on` block, or
 * when the application asks.
 */
export interface ConditionalActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'conditional'
  /** Runs one of two actions. The result of the action is that of the other; `null` if none runs. */
  readonly config: ConditionalActionConfigBlock
}
