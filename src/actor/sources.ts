import { sharedController } from '../core/abort.js'
import type { Attempt } from '../core/adapter/attempt.js'
import { type Clock, sleep } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { Random } from '../core/random.js'
import { encodeError } from '../mailbox/error-codec.js'
import { backoffDelay } from '../resilience/backoff.js'
import { asIntegrationError } from '../resilience/classify.js'
import { withDeadline } from '../resilience/deadline.js'
import type { Outbox } from './outbox.js'
import { quietly } from './quietly.js'
import { isReopened, type Source } from './source.js'

const RESTORE_BACKOFF = { kind: 'exponential', initialMs: 100, factor: 2, maxMs: 5_000 } as const
/**
 * The pause before a source is opened again that ended while its connection is up. It grows while the source ends again
 * and again.
 */
const REOPEN_BACKOFF = { kind: 'exponential', initialMs: 250, factor: 2, maxMs: 10_000 } as const
/** A source that stayed open for this long, and twice the pause before it, resets the pause. */
const STABLE_MS = 1_000

/** How often a source has ended on its own. */
interface Ends {
  /** When it was opened, in milliseconds of `clock.monotonic()`; `undefined` while it is being opened. */
  openedAt: number | undefined
  /** How many times in a row it has ended soon after it was opened. */
  count: number
  /** The pause after the latest end. */
  pauseMs: number
}

/** All sources of the host. They are opened again on each new connection until the host closes them. */
export class Sources {
  readonly #clock: Clock
  readonly #random: Random
  readonly #outbox: Outbox
  readonly #timeoutMs: number
  readonly #open = new Map<number, Source>()
  readonly #ends = new WeakMap<Source, Ends>()
  /** Aborts when the connection is lost, so that restoring its sources stops. */
  #connection = sharedController()

  constructor(clock: Clock, random: Random, outbox: Outbox, timeoutMs: number) {
    this.#clock = clock
    this.#random = random
    this.#outbox = outbox
    this.#timeoutMs = timeoutMs
  }

  /** Sources that are open or being opened. */
  get size(): number {
    return this.#open.size
  }

  /** Opens a new source, and keeps it if that succeeds. Replaces a source of the same id from an earlier attempt. */
  async open(source: Source, attempt: Attempt): Promise<void> {
    const earlier = this.#open.get(source.id)
    this.#open.set(source.id, source)
    if (earlier !== undefined) void quietly(() => earlier.close())
    try {
      await source.open(attempt)
      this.#opened(source)
    } catch (error) {
      if (this.#open.get(source.id) === source) this.#open.delete(source.id)
      throw error
    }
  }

  /** Ends a source; does nothing if there is none of that id. */
  async close(id: number): Promise<void> {
    const source = this.#open.get(id)
    this.#open.delete(id)
    if (source !== undefined) await quietly(() => source.close())
  }

  /**
   * Handles the end of a source. Opens it again after a pause if its connection was lost; otherwise sends the error to
   * the host.
   */
  ended(id: number, error: Error): void {
    const source = this.#open.get(id)
    if (source === undefined) return
    if (isReopened(error)) {
      source.disconnected()
      const { signal } = this.#connection
      // If the integration's connection is lost too, the next connection restores the source.
      if (!signal.aborted) void this.#reopen(source, signal)
      return
    }
    this.#open.delete(id)
    this.#outbox.notice({ kind: 'source-ended', source: id, error: encodeError(error) })
    void quietly(() => source.close())
  }

  disconnected(): void {
    this.#connection.abort(new ConnectionError('the connection was lost'))
    for (const source of this.#open.values()) source.disconnected()
  }

  /** Opens all sources again, with retries. Settles when each has been tried once. */
  async restore(): Promise<void> {
    this.#connection = sharedController()
    const { signal } = this.#connection
    const attempts = [...this.#open.values()].map(
      (source) => new Promise<void>((resolve) => this.#restore(source, signal, resolve)),
    )
    await Promise.all(attempts)
  }

  /** Sends waiting messages for which the host may have given credit. */
  drain(): void {
    for (const source of this.#open.values()) source.drain()
  }

  /** Detaches all sources, because the actor stops. Resolves when the broker has been informed; never rejects. */
  async detachAll(): Promise<void> {
    this.#connection.abort(new ShutdownError())
    const sources = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(sources.map((source) => quietly(() => source.detach())))
  }

  #opened(source: Source): void {
    this.#endsOf(source).openedAt = this.#clock.monotonic()
  }

  #endsOf(source: Source): Ends {
    const known = this.#ends.get(source)
    if (known !== undefined) return known
    const ends: Ends = { openedAt: undefined, count: 0, pauseMs: 0 }
    this.#ends.set(source, ends)
    return ends
  }

  /** Opens a source again that ended on its own, after a pause. */
  async #reopen(source: Source, signal: AbortSignal): Promise<void> {
    await sleep(this.#clock, this.#pauseBefore(source), signal).catch(() => {})
    await this.#restore(source, signal, () => {})
  }

  #pauseBefore(source: Source): number {
    const ends = this.#endsOf(source)
    const lastedMs = ends.openedAt === undefined ? 0 : this.#clock.monotonic() - ends.openedAt
    if (lastedMs >= STABLE_MS && lastedMs >= 2 * ends.pauseMs) ends.count = 0
    ends.openedAt = undefined
    ends.pauseMs = backoffDelay(REOPEN_BACKOFF, 0.2, ++ends.count, this.#random.number)
    return ends.pauseMs
  }

  async #restore(source: Source, signal: AbortSignal, attempted: () => void): Promise<void> {
    for (let attempt = 1; !signal.aborted && this.#open.get(source.id) === source; attempt++) {
      this.#endsOf(source).openedAt = undefined
      try {
        await withDeadline((context) => source.open(context), {
          clock: this.#clock,
          deadline: this.#clock.monotonic() + this.#timeoutMs,
          operation: 'subscribe',
          signal,
        }).finally(attempted)
        return this.#opened(source)
      } catch (error) {
        if (signal.aborted) return
        const known = asIntegrationError(error)
        // A permanent refusal is not retried; the subscriber gets the error.
        if (known !== undefined && !known.retryable) return this.ended(source.id, known)
        await sleep(
          this.#clock,
          backoffDelay(RESTORE_BACKOFF, 0.2, attempt, this.#random.number),
          signal,
        ).catch(() => {})
      }
    }
  }
}
