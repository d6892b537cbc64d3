// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { ParallelActionConfigBlock } from './parallel-action-config.js'

/**
 * A block `action` of type `parallel`. Something that the gateway does: for an event of an `on` block, or
 * when the application asks.
 */
export interface ParallelActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'parallel'
  /** Runs actions at the same time. The result of the action is the list of their results. */
  readonly config: ParallelActionConfigBlock
}
