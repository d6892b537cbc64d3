import type { Clock } from '../../core/clock.js'
import type { DataSource } from '../data-source.js'

/** What fills a `data` block. */
export interface Feed {
  start(): void
  /** Tries again now, if it waits after a failure: the connection is back, or a value that it needs has arrived. */
  poke(): void
  /** Takes no more. What has arrived is still taken. */
  stop(): void
  /** Ends its subscription, consumer or collector at the broker, after `stop`. Never rejects. */
  close(): Promise<void>
}

/** What every feed needs. */
export interface FeedDependencies {
  readonly source: DataSource
  readonly clock: Clock
  /** Returns a number in `[0, 1)`. */
  readonly random: () => number
  /** Reports a failure. `isNew` if the attempt before it succeeded. */
  failed(error: Error, isNew: boolean): void
}
