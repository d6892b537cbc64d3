// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ActionAttributes } from './action-attributes.js'
import type { PublishActionConfigBlock } from './publish-action-config.js'

/**
 * A block `action` of type `publish`. Something that the gateway does: for an event of an `on` block, or when
 * the application asks.
 */
export interface PublishActionBlock extends ActionAttributes {
  /** What the action does. */
  readonly type: 'publish'
  /** Publishes a message. The action has no result. */
  readonly config: PublishActionConfigBlock
}
