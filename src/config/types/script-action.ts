// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { ScriptActionConfigBlock } from './script-action-config.js'

/**
 * A block `action` of type `script`. Something that the gateway does: for an event of an `on` block, or when
 * the application asks.
 */
export interface ScriptActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'script'
  /** Calls a function of a script. The result of the action is that of the function. */
  readonly config: ScriptActionConfigBlock
}
