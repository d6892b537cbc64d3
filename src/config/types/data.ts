// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { QueueDataBlock } from './queue-data.js'
import type { RpcDataBlock } from './rpc-data.js'
import type { SubscriptionDataBlock } from './subscription-data.js'

/**
 * The block `data`: A value that stays up to date: the result of a call, the messages of a subscription or of
 * a queue.
 */
export type DataBlock = RpcDataBlock | SubscriptionDataBlock | QueueDataBlock
