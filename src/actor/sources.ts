import { sharedController } from '../core/abort.js'
import type { Attempt } from '../core/adapter/attempt.js'
import { type Clock, sleep } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { Random } from '../core/random.js'
import type { Logger } from '../core/telemetry.js'
import { encodeError } from '../mailbox/error-codec.js'
import { asIntegrationError } from '../resilience/classify.js'
import { withDeadline } from '../resilience/deadline.js'
import { isReopened } from '../resilience/reopen.js'
import type { CollectorSource } from './collector-source.js'
import type { Outbox } from './outbox.js'
import { quietly } from './quietly.js'
import { Reopening } from './reopening.js'
import type { Source } from './source.js'

interface Held {
  readonly source: Source
  readonly reopening: Reopening
}

/** All sources of the host and of routes. They are opened again on each new connection until they are closed. */
export class Sources {
  readonly #clock: Clock
  readonly #random: Random
  readonly #outbox: Outbox
  readonly #timeoutMs: number
  readonly #log: Logger
  readonly #open = new Map<number, Held>()
  /** Aborts when the connection is lost, so that restoring its sources stops. */
  #connection = sharedController()
  #isConnected = false
  #closed = 0

  constructor(clock: Clock, random: Random, outbox: Outbox, timeoutMs: number, log: Logger) {
    this.#clock = clock
    this.#random = random
    this.#outbox = outbox
    this.#timeoutMs = timeoutMs
    this.#log = log
  }

  /** Sources that are open or being opened. */
  get size(): number {
    return this.#open.size
  }

  /** Sources that are gone. */
  get closed(): number {
    return this.#closed
  }

  /** Opens a new source, and keeps it if that succeeds. Replaces a source of the same id from an earlier attempt. */
  async open(source: Source, attempt: Attempt): Promise<void> {
    const { id } = source
    const earlier = this.#take(id)
    const held = this.#hold(source)
    this.#open.set(id, held)
    if (earlier !== undefined) void quietly(() => earlier.close())
    try {
      await source.open(attempt)
    } catch (error) {
      if (this.#open.get(id) === held) this.#open.delete(id)
      throw error
    }
  }

  /** Returns the source that receives results of calls; undefined if there is none of that id. */
  collector(id: number): CollectorSource | undefined {
    const source = this.#open.get(id)?.source
    return source?.verb === 'collect' ? (source as CollectorSource) : undefined
  }

  /** Adds a source. It is opened now, or on the next connection. */
  add(source: Source): void {
    const held = this.#hold(source)
    this.#open.set(source.id, held)
    if (this.#isConnected) void this.#restore(held, this.#connection.signal, () => {})
  }

  /** Ends a source; does nothing if there is none of that id. */
  async close(id: number): Promise<void> {
    const source = this.#take(id)
    if (source !== undefined) await quietly(() => source.close())
  }

  /**
   * Handles the end of a source. Opens it again, with a growing delay, if the error may pass; otherwise sends the error
   * to the host.
   */
  ended(id: number, error: Error): void {
    const held = this.#open.get(id)
    if (held === undefined) return
    const { source } = held
    if (isReopenedSource(source, error)) {
      void source.release()
      const { signal } = this.#connection
      // If the integration's connection is lost too, the next connection restores the source.
      if (!signal.aborted) void this.#restoreLater(held, signal, error)
      return
    }
    this.#take(id)
    this.#outbox.notice({ kind: 'source-ended', source: id, error: encodeError(error) })
    void quietly(() => source.close())
  }

  disconnected(): void {
    this.#isConnected = false
    this.#connection.abort(new ConnectionError('the connection was lost'))
    for (const { source, reopening } of this.#open.values()) {
      reopening.stop()
      source.disconnected()
    }
  }

  /** Opens all sources again, with retries. Settles when each has been tried once. */
  async restore(): Promise<void> {
    this.#connection = sharedController()
    this.#isConnected = true
    const { signal } = this.#connection
    const attempts = [...this.#open.values()].map(
      (held) => new Promise<void>((resolve) => this.#restore(held, signal, resolve)),
    )
    await Promise.all(attempts)
  }

  /** Sends waiting messages for which the host may have given credit. */
  drain(): void {
    for (const { source } of this.#open.values()) source.drain()
  }

  /** Detaches all sources, because the actor stops. Resolves when the broker has been informed; never rejects. */
  async detachAll(): Promise<void> {
    this.#connection.abort(new ShutdownError())
    const sources = [...this.#open.keys()].map((id) => this.#take(id)!)
    await Promise.all(sources.map((source) => quietly(() => source.detach())))
  }

  /**
   * Ends all sources in favour of a successor that has opened them. The host receives all messages that have arrived.
   * @param barrier resolves when everything has arrived that the broker had sent
   * @param isEnded which to end; all if absent
   * @returns when nothing more arrives; never rejects
   */
  async finishAll(
    barrier: () => Promise<void>,
    isEnded: (source: Source) => boolean = () => true,
  ): Promise<void> {
    const held = [...this.#open.values()].filter(({ source }) => isEnded(source))
    if (held.length === 0) return
    for (const { source, reopening } of held) {
      reopening.stop()
      source.flush()
    }
    if (this.#isConnected) await barrier()
    await Promise.all(held.map(({ source }) => quietly(() => source.finish())))
    for (const { source } of held) this.#take(source.id)
  }

  #hold(source: Source): Held {
    const { verb, target } = source
    return { source, reopening: new Reopening(verb, target, this.#clock, this.#random, this.#log) }
  }

  /** Detaches the sources of routes. Resolves when the broker has been informed; never rejects. */
  async detachKept(): Promise<void> {
    const kept = [...this.#open].filter(([, { source }]) => source.isKept === true)
    await Promise.all(kept.map(([id]) => quietly(() => this.#take(id)!.detach())))
  }

  /** Removes a source. @returns undefined if there is none of that id */
  #take(id: number): Source | undefined {
    const held = this.#open.get(id)
    if (this.#open.delete(id)) this.#closed++
    held?.reopening.stop()
    return held?.source
  }

  async #restoreLater(held: Held, signal: AbortSignal, error: unknown): Promise<void> {
    await sleep(this.#clock, held.reopening.failed(error), signal).catch(() => {})
    await this.#restore(held, signal, () => {})
  }

  async #restore(held: Held, signal: AbortSignal, attempted: () => void): Promise<void> {
    const { source, reopening } = held
    while (!signal.aborted && this.#open.get(source.id) === held) {
      const { failures } = reopening
      try {
        await withDeadline((context) => source.open(context), {
          clock: this.#clock,
          deadline: this.#clock.monotonic() + this.#timeoutMs,
          operation: source.verb,
          signal,
        }).finally(attempted)
        return reopening.opened(failures)
      } catch (error) {
        if (signal.aborted) return
        const known = asIntegrationError(error)
        if (known !== undefined && !isReopenedSource(source, known)) return this.ended(source.id, known)
        await sleep(this.#clock, reopening.failed(error), signal).catch(() => {})
      }
    }
  }
}

function isReopenedSource({ verb, isKept }: Source, error: unknown): boolean {
  return isKept === true || isReopened(verb, error)
}
