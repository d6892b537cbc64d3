// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { DataAttributes } from './data-attributes.js'

/**
 * A block `data` of type `queue`. A value that stays up to date: the result of a call, the messages of a
 * subscription or of a queue.
 */
export interface QueueDataBlock extends DataAttributes {
  /** Consumes a queue. */
  readonly type: 'queue'
  /** The queue. Each message is acknowledged when its update has been taken. */
  readonly queue: string
  /** A wire format of the protocol. Default: the `format` of the integration. */
  readonly format?: string | undefined
  /**
   * A message is dead-lettered after this many failed deliveries. Default: that of the integration.
   * A whole number of at least 1.
   */
  readonly max_deliveries?: number | undefined
  /** The queue for dead letters. Default: they are only reported (`message:dead`). */
  readonly dead_letter?: string | undefined
}
