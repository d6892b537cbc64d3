import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { BlockingConnection } from './blocking-connection.js'
import type { ConnectionPool } from './connection-pool.js'
import { isGroupGone, isPassing } from './failures.js'
import type { RedisConfig } from './manifest.js'
import type { QueueStore, ReceivedEntry } from './queue-store.js'
import type { Wakeup } from './wakeup.js'

/** Maximum time between two claims of due entries and entries of dead consumers, in milliseconds. */
const CLAIM_EVERY_MS = 1_000
/** Pause after the server refused a read for lack of memory or time, in milliseconds. */
const PAUSE_MS = 500

/** What a queue source uses. */
export interface QueueSourceDependencies {
  readonly pool: ConnectionPool
  readonly queue: string
  readonly config: RedisConfig
  readonly context: AdapterContext
  readonly store: QueueStore
  /** Ends the pause after a refused read. */
  readonly wakeup: Wakeup
  /** Called after each claim. */
  readonly onClaimed: () => void
}

/**
 * Reads the entries of one queue: first those that an earlier life of this consumer had pending, then new entries over
 * a blocking connection. At intervals it also claims entries that are due or belong to a dead consumer.
 */
export class QueueSource {
  readonly #dependencies: QueueSourceDependencies
  readonly #connection: BlockingConnection
  #recovering = true
  #nextClaim = 0

  constructor(dependencies: QueueSourceDependencies) {
    this.#dependencies = dependencies
    const { pool, queue, context } = dependencies
    const purpose = { role: 'queue', what: `queue ${JSON.stringify(queue)}` }
    this.#connection = new BlockingConnection(pool, context.clock, purpose)
  }

  /** Opens the blocking connection. @throws ConnectionError, AuthError */
  open(): Promise<void> {
    return this.#connection.open(this.#dependencies.queue)
  }

  /** Closes the blocking connection; a later read opens it again. Never throws; idempotent. */
  close(): void {
    this.#connection.close()
  }

  /** Makes a blocked read return at once with what it has. */
  interrupt(): void {
    this.#connection.interrupt()
  }

  /** Makes the next read claim due entries: one was given back. */
  claimSoon(): void {
    this.#nextClaim = 0
  }

  /**
   * Reads once.
   * @param demand maximum number of entries
   * @returns the entries, possibly none. Rejects with what ioredis rejects with, and with ConnectionError.
   */
  async next(demand: number): Promise<readonly ReceivedEntry[]> {
    if (this.#recovering) return this.#recover(demand)
    if (this.#now() >= this.#nextClaim) return this.#claim(demand)
    return this.#read(demand)
  }

  /** Recovers from an error that the server explains: a redirection, a lost group or a refusal. @throws any other error */
  async recoverFrom(error: unknown): Promise<void> {
    const { pool, queue, context, store, wakeup } = this.#dependencies
    const address = pool.redirected(queue, error)
    if (address !== undefined) await this.#connection.moveTo(address)
    else if (isGroupGone(error)) {
      const message = `queue ${JSON.stringify(queue)}: the consumer group does not exist any more; creating it again`
      context.log({ level: 'warn', message })
      await store.createGroup()
    } else if (isPassing(error)) {
      const reason = (error as Error).message
      const message = `queue ${JSON.stringify(queue)} cannot be read for now; trying again in ${PAUSE_MS} ms`
      context.log({ level: 'warn', message, reason })
      await wakeup.wait((wake) => void context.clock.setTimer(PAUSE_MS, wake, { background: true }))
    } else throw error
  }

  async #recover(demand: number): Promise<readonly ReceivedEntry[]> {
    const entries = await this.#dependencies.store.recover(demand)
    if (entries === undefined) this.#recovering = false
    return entries ?? []
  }

  async #claim(demand: number): Promise<readonly ReceivedEntry[]> {
    const { store, config, onClaimed } = this.#dependencies
    const { inMs, entries } = await store.claim(demand)
    this.#nextClaim = this.#now() + Math.min(inMs ?? CLAIM_EVERY_MS, CLAIM_EVERY_MS, config.claim_after / 2)
    onClaimed()
    return entries
  }

  async #read(demand: number): Promise<readonly ReceivedEntry[]> {
    const { store, config } = this.#dependencies
    const block = Math.min(config.block, this.#nextClaim - this.#now())
    const { entries, woken } = await store.read(this.#connection, demand, block)
    if (woken) this.claimSoon()
    return entries
  }

  #now(): number {
    return this.#dependencies.context.clock.monotonic()
  }
}
