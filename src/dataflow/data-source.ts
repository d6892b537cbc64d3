import { checkOptions, DURATION, SIGNAL } from '../core/arguments.js'
import { Deque } from '../core/deque.js'
import type { Duration } from '../core/duration.js'
import { UnsupportedError } from '../core/errors/operation.js'
import { INSPECT, shownAs } from '../core/inspect.js'
import type { UpdateMode } from '../core/settings/data.js'
import type { ConnectionState } from '../core/status.js'
import { type Hops, NO_HOPS } from './hops.js'
import { applyUpdate, type Update } from './update.js'

/** The status of a `data` block. */
export type DataStatus =
  /** The gateway is shut down, or the connection has failed. */
  | 'disconnected'
  /** There is no connection, or nothing has been received yet. */
  | 'connecting'
  /** The value is up to date, as far as the source has sent it. */
  | 'connected'
  /** The last attempt failed. The value is the last good one. */
  | 'error'

/** Options of `refresh`. */
export interface RefreshOptions {
  /** Milliseconds or text such as `"2s"` that the caller waits. Default: until the call has ended. */
  readonly timeout?: Duration
  /** Ends the wait when it aborts: the promise rejects with CancelledError. */
  readonly signal?: AbortSignal
}
const REFRESH_OPTIONS = { timeout: DURATION, signal: SIGNAL } as const

/** What happens to the updates of a source beside its readers. It must not throw. */
export type UpdateListener = (update: Update, previous: unknown, hops: Hops) => void

/** @internal */
export interface DataDependencies {
  readonly mode: UpdateMode
  now(): number
  connection(): ConnectionState
  /** Calls the method now; absent for a source that cannot be asked. */
  refresh?(options: RefreshOptions): Promise<void>
  updated: UpdateListener
}

/** How many updates wait for a reader. Beyond it the oldest is dropped. */
const READER_BUFFER = 100

/**
 * A value that stays up to date: the value of a `data` block. Reading it costs no message.
 *
 * All methods may be called concurrently. Values are shared between all readers: do not change them.
 */
export class DataSource<T = unknown> implements AsyncIterable<Update<T>> {
  /** The label of the `data` block. */
  readonly name: string
  #parts: DataDependencies
  readonly #readers = new Set<Reader<T>>()
  #update: Update<T> | undefined
  #value: T | undefined
  #state: 'waiting' | 'open' | 'failed' | 'ended' = 'waiting'
  #updates = 0
  #errors = 0
  #dropped = 0

  /** @internal */
  constructor(name: string, parts: DataDependencies) {
    this.name = name
    this.#parts = parts
  }

  /** The newest good value; `undefined` if there is none yet. */
  get value(): T | undefined {
    return this.#value
  }

  /** The newest update; `undefined` if there is none yet. It has an `error` if the last attempt failed. */
  get update(): Update<T> | undefined {
    return this.#update
  }

  /** Whether the value is up to date. */
  get status(): DataStatus {
    if (this.#state === 'ended') return 'disconnected'
    const connection = this.#parts.connection()
    if (connection === 'failed') return 'disconnected'
    if (connection !== 'connected') return 'connecting'
    if (this.#state === 'failed') return 'error'
    return this.#state === 'open' ? 'connected' : 'connecting'
  }

  /** How many updates were dropped because readers were too slow. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * Calls the method of a `data "rpc"` now. Joins a call that is under way.
   * @returns the newest update
   * @throws the error of the call; TimeoutError, CancelledError; UnsupportedError for a subscription or a queue;
   *   ShutdownError
   */
  async refresh(options: RefreshOptions = {}): Promise<Update<T> | undefined> {
    checkOptions('refresh', options, REFRESH_OPTIONS)
    const { refresh } = this.#parts
    if (refresh === undefined)
      throw new UnsupportedError(`refresh of data "${this.name}", which is not of the type rpc`)
    await refresh(options)
    return this.#update
  }

  /**
   * Iterates over the updates, beginning with the newest one if there is one. A reader that is too slow misses the
   * oldest updates (`dropped`).
   * Never throws.
   * @returns an iterator, done when the gateway shuts down
   */
  [Symbol.asyncIterator](): AsyncIterator<Update<T>, undefined> {
    const reader = new Reader<T>(() => this.#dropped++)
    if (this.#update !== undefined) reader.push(this.#update)
    if (this.#state === 'ended') reader.end()
    else this.#readers.add(reader)
    return {
      next: () => reader.next(),
      return: async () => {
        this.#readers.delete(reader)
        reader.end()
        return { value: undefined, done: true }
      },
    }
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    const { name, status, value } = this
    return shownAs('DataSource', { name, status, value })
  }

  /** @internal */
  get figures(): DataFigures {
    const { status } = this
    return {
      status,
      updates: this.#updates,
      errors: this.#errors,
      dropped: this.#dropped,
      readers: this.#readers.size,
    }
  }

  /** Takes other settings after a reload; the value and the readers stay. @internal */
  refill(parts: DataDependencies): void {
    this.#parts = parts
    if (this.#state !== 'ended') this.#state = 'waiting'
  }

  /** Reports that the source can deliver. @internal */
  opened(): void {
    if (this.#state !== 'ended') this.#state = 'open'
  }

  /** Takes a new value. @internal */
  take(next: unknown, hops: Hops = NO_HOPS): void {
    if (this.#state === 'ended') return
    const previous = this.#value
    const { value, kind } = applyUpdate(previous, next, this.#parts.mode)
    this.#state = 'open'
    this.#value = value as T
    this.#updates++
    this.#publish({ source: this.name, timestamp: this.#parts.now(), value: value as T, kind })
    this.#parts.updated(this.#update!, previous, hops)
  }

  /**
   * Takes an error beside the last good value.
   * @returns whether the source was without error before
   * @internal
   */
  fail(error: Error): boolean {
    if (this.#state === 'ended') return false
    const isNew = this.#update?.error === undefined
    this.#state = 'failed'
    this.#errors++
    const timestamp = this.#parts.now()
    const { kind = 'full' } = this.#update ?? {}
    this.#publish({ source: this.name, timestamp, value: this.#value as T, kind, error })
    return isNew
  }

  /** Ends all readers, after the updates that they have not read. @internal */
  end(): void {
    this.#state = 'ended'
    for (const reader of this.#readers) reader.end()
    this.#readers.clear()
  }

  #publish(update: Update<T>): void {
    this.#update = update
    for (const reader of this.#readers) reader.push(update)
  }
}

/** The figures of a source. */
export interface DataFigures {
  /** Whether the value is up to date. */
  readonly status: DataStatus
  /** How many values were taken. */
  readonly updates: number
  /** How many calls, subscriptions, messages or transforms failed. */
  readonly errors: number
  /** How many updates were dropped because readers were too slow. */
  readonly dropped: number
  /** How many loops read the updates. */
  readonly readers: number
}

/** The updates that wait for one loop. */
class Reader<T> {
  readonly #dropped: () => void
  readonly #updates = new Deque<Update<T>>()
  readonly #waiting = new Deque<(result: IteratorResult<Update<T>, undefined>) => void>()
  #hasEnded = false

  constructor(dropped: () => void) {
    this.#dropped = dropped
  }

  push(update: Update<T>): void {
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) return waiting({ value: update, done: false })
    this.#updates.push(update)
    if (this.#updates.size <= READER_BUFFER) return
    this.#updates.shift()
    this.#dropped()
  }

  next(): Promise<IteratorResult<Update<T>, undefined>> {
    const update = this.#updates.shift()
    if (update !== undefined) return Promise.resolve({ value: update, done: false })
    if (this.#hasEnded) return Promise.resolve({ value: undefined, done: true })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  end(): void {
    this.#hasEnded = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      next({ value: undefined, done: true })
  }
}
