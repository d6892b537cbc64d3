import type { MessageBuffer } from '../../buffer/message-buffer.js'
import type { Clock, Timer } from '../../core/clock.js'
import { Deque } from '../../core/deque.js'
import { ShutdownError } from '../../core/errors/lifecycle.js'
import type { Random } from '../../core/random.js'
import { backoffDelay } from '../../resilience/backoff.js'
import { asIntegrationError } from '../../resilience/classify.js'
import { unshared } from '../own-copy.js'
import type { Received } from './received.js'

/** How long the disk is left alone after it has refused a message. */
const BACKOFF = { kind: 'exponential', initialMs: 100, factor: 2, maxMs: 5_000 } as const
const JITTER = 0.2

export interface StoringDependencies {
  readonly buffer: MessageBuffer
  readonly clock: Clock
  readonly random: Random
  /** Called when a message was stored, or its place in memory changed. Must not throw. */
  readonly onChange: () => void
  /** Called when the disk refuses messages, with the error; and without it when it takes them again. Must not throw. */
  readonly onRefusal: (error: Error | undefined) => void
  /** Called with a message that no repetition can store. */
  readonly failed: (received: Received, error: Error) => void
}

/**
 * Stores the messages of a route in its buffer, and settles their sources when they are safe. Messages that the disk
 * refuses wait here in order. Their sources would deliver them again at once.
 */
export class Storing {
  readonly #parts: StoringDependencies
  readonly #waiting = new Deque<Received>()
  /** The messages being stored that no source keeps. */
  readonly #unkept = new Set<Received>()
  #waitingBytes = 0
  #failures = 0
  /** Set while the oldest waiting message is tried alone. */
  #isTrying = false
  #timer: Timer | undefined
  #isClosed = false

  constructor(parts: StoringDependencies) {
    this.#parts = parts
  }

  /** Messages that the disk has refused. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** The messages that are not safe yet: being stored, or refused. */
  get unsafe(): { readonly size: number; readonly bytes: number } {
    const { pendingMessages, pendingBytes } = this.#parts.buffer.figures()
    return { size: pendingMessages + this.#waiting.size, bytes: pendingBytes + this.#waitingBytes }
  }

  /** Whether it has messages that are not safe yet and that no source keeps. */
  get holdsOnlyCopies(): boolean {
    return this.#unkept.size > 0 || [...this.#waiting].some((received) => !isKept(received))
  }

  store(received: Received): void {
    if (this.#waiting.size > 0) this.#keep(received)
    else void this.#append(received)
  }

  /** Gives back the messages that were not stored. Never throws. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    for (const { source } of this.#takeAll()) source?.returned()
  }

  async #append(received: Received): Promise<void> {
    const error = await this.#tryAppend(received)
    if (error !== undefined && this.#mayRepeat(received, error)) {
      this.#keep(received)
      this.#retryLater(error)
    }
    this.#parts.onChange()
  }

  /** @returns the error of a message that was not stored */
  async #tryAppend(received: Received): Promise<Error | undefined> {
    const { topic, payload, headers, contentType, source } = received
    const { buffer, clock } = this.#parts
    if (!isKept(received)) this.#unkept.add(received)
    try {
      await buffer.append({
        topic,
        payload,
        timestamp: clock.now(),
        ...(headers !== undefined && { headers }),
        ...(contentType !== undefined && { contentType }),
      })
    } catch (error) {
      return error as Error
    } finally {
      this.#unkept.delete(received)
    }
    source?.accepted(undefined)
    return undefined
  }

  /** Settles a message that is not to be repeated. */
  #mayRepeat(received: Received, error: Error): boolean {
    if (this.#isClosed || error instanceof ShutdownError) {
      received.source?.returned()
      return false
    }
    if (asIntegrationError(error)?.retryable !== false) return true
    this.#parts.failed(received, error)
    return false
  }

  #keep(received: Received): void {
    const own = { ...received, payload: unshared(received.payload) }
    this.#waiting.push(own)
    this.#waitingBytes += own.payload.byteLength
    this.#parts.onChange()
  }

  #retryLater(error: Error): void {
    this.#parts.onRefusal(error)
    if (this.#timer !== undefined || this.#isTrying) return
    const { clock, random } = this.#parts
    const delay = backoffDelay(BACKOFF, JITTER, ++this.#failures, random.number)
    this.#timer = clock.setTimer(delay, () => void this.#retry(), { background: true })
  }

  /** Tries the oldest message alone. If the disk takes it, the others follow. */
  async #retry(): Promise<void> {
    this.#timer = undefined
    this.#isTrying = true
    const first = this.#waiting.peek()!
    const error = await this.#tryAppend(first)
    this.#isTrying = false
    if (this.#isClosed) return
    if (error !== undefined && this.#mayRepeat(first, error)) return this.#retryLater(error)
    this.#failures = 0
    this.#parts.onRefusal(undefined)
    const [, ...others] = this.#takeAll()
    for (const each of others) void this.#append(each)
    this.#parts.onChange()
  }

  #takeAll(): Received[] {
    const all = [...this.#waiting]
    this.#waiting.clear()
    this.#waitingBytes = 0
    return all
  }
}

function isKept({ source }: Received): boolean {
  return source?.isKept === true
}
