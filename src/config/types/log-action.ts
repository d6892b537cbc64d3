// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { LogActionConfigBlock } from './log-action-config.js'

/**
 * A block `action` of type `log`. Something that the gateway does: for an event of an `on` block, or when the
 * application asks.
 */
export interface LogActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'log'
  /** Writes a line to the log. The action has no result. */
  readonly config: LogActionConfigBlock
}
