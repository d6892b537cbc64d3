// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { ConditionalActionBlock } from './conditional-action.js'
import type { EnqueueActionBlock } from './enqueue-action.js'
import type { LogActionBlock } from './log-action.js'
import type { ParallelActionBlock } from './parallel-action.js'
import type { PublishActionBlock } from './publish-action.js'
import type { RpcActionBlock } from './rpc-action.js'
import type { ScriptActionBlock } from './script-action.js'
import type { SequenceActionBlock } from './sequence-action.js'

/**
 * The block `action`: Something that the gateway does: for an event of an `on` block, or when the application
 * asks.
 */
export type ActionBlock =
  | RpcActionBlock
  | PublishActionBlock
  | EnqueueActionBlock
  | SequenceActionBlock
  | ParallelActionBlock
  | ConditionalActionBlock
  | LogActionBlock
  | ScriptActionBlock
