import type { MessageBuffer, StoredMessage } from '../../buffer/message-buffer.js'
import type { Clock, Timer } from '../../core/clock.js'
import type { Capacity } from '../../core/overflow.js'
import type { Random } from '../../core/random.js'
import type { Logger } from '../../core/telemetry.js'
import type { RouteGauges } from '../../mailbox/route-gauges.js'
import type { Received, Settlements } from './received.js'
import { Storing } from './storing.js'

/** How often a limited rate gives credit. */
const TICK_MS = 100
/** The shortest time between two log lines of failed appends. */
const LOG_EVERY_MS = 10_000

/** What a buffer needs of its route. */
export interface BufferRoute {
  readonly room: Capacity
  /** Passes a message to the transforms and the sink. */
  pass(received: Received): void
  /** A message cannot be delivered. */
  failed(received: Received, error: Error): void
  /** The buffer has stored messages that had to wait. */
  roomAgain(): void
}

export interface RouteBufferDependencies {
  readonly name: string
  readonly buffer: MessageBuffer
  readonly clock: Clock
  readonly random: Random
  readonly gauges: RouteGauges
  readonly log: Logger
  readonly route: BufferRoute
  /** How much may wait to be stored. */
  readonly pending: Capacity
  /** The most messages a second that leave it. */
  readonly drainRate: number | undefined
}

/** The buffer of a route: settles the source when a message is stored, and reads on when the sink has room. */
export class RouteBuffer {
  readonly #parts: RouteBufferDependencies
  readonly #storing: Storing
  #isReading = false
  #isStopped = false
  #onSecured: (() => void)[] = []
  /** What a limited rate allows now. */
  #allowance: number
  #tick: Timer | undefined
  #loggedAt = Number.NEGATIVE_INFINITY
  #counted = { dropped: 0, expired: 0, unreadable: 0 }

  constructor(parts: RouteBufferDependencies) {
    this.#parts = parts
    const { route } = parts
    this.#storing = new Storing({
      ...parts,
      onChange: () => {
        this.#measure()
        route.roomAgain()
      },
      onRefusal: (error) => this.#onRefusal(error),
      failed: (received, error) => route.failed(received, error),
    })
    this.#allowance = perTick(parts.drainRate)
    this.roomChanged()
  }

  /** Whether the source may go on. */
  get hasRoom(): boolean {
    const { pending } = this.#parts
    const { size, bytes } = this.#storing.unsafe
    return size < pending.messages && bytes < pending.bytes
  }

  /** The messages that are not safe yet, which are in memory. */
  get unsafe(): { readonly size: number; readonly bytes: number } {
    return this.#storing.unsafe
  }

  /** Stores a message, and settles its source when it is safe. */
  store(received: Received): void {
    this.#storing.store(received)
  }

  /** Reads on if the sink has room. */
  roomChanged(): void {
    this.#measure()
    if (this.#isReading || this.#isStopped) return
    const { messages, bytes } = this.#parts.route.room
    const most = Math.min(messages, this.#allowance)
    if (most <= 0 || bytes <= 0) return
    this.#isReading = true
    void this.#read({ messages: most, bytes })
  }

  /**
   * Resolves when nothing is left that would be lost with the actor: everything is safe, or the sink has what is in
   * memory alone. Then reads no more.
   */
  async secured(): Promise<void> {
    await this.#parts.buffer.flushed()
    if (this.#holdsOnlyCopies)
      await new Promise<void>((resolve) => {
        this.#onSecured.push(resolve)
      })
    this.#stopReading()
  }

  get #holdsOnlyCopies(): boolean {
    return this.#storing.holdsOnlyCopies || this.#parts.buffer.holdsOnlyCopies
  }

  /** Reads no more. Messages that were read may still be accepted. */
  #stopReading(): void {
    this.#isStopped = true
    this.#tick?.cancel()
  }

  /** Closes the buffer. Never rejects. */
  async close(): Promise<void> {
    this.#stopReading()
    this.#storing.close()
    await this.#parts.buffer.close()
  }

  async #read(credit: Capacity): Promise<void> {
    const messages = await this.#parts.buffer.read(credit)
    this.#isReading = false
    // On the disk they stay for the next life.
    if (this.#isStopped && this.#parts.buffer.isDurable) return
    this.#spend(messages.length)
    for (const message of messages) this.#parts.route.pass(this.#received(message))
    this.#measure()
    this.roomChanged()
  }

  #received({ topic, payload, headers, contentType, sequence, marker }: StoredMessage): Received {
    const source = new Stored(this.#parts.buffer, sequence)
    const id = marker === undefined ? undefined : `${marker.toString(16)}-${sequence}`
    return { topic, payload, headers, contentType, id, source }
  }

  #spend(messages: number): void {
    const { drainRate, clock } = this.#parts
    if (drainRate === undefined) return
    this.#allowance -= messages
    this.#tick ??= clock.setTimer(TICK_MS, () => {
      this.#tick = undefined
      this.#allowance = perTick(drainRate)
      this.roomChanged()
    })
  }

  #onRefusal(error: Error | undefined): void {
    const { clock, log, name } = this.#parts
    if (error === undefined) {
      this.#loggedAt = Number.NEGATIVE_INFINITY
      return log({ level: 'info', message: `route ${name}: its buffer stores messages again`, route: name })
    }
    if (clock.monotonic() - this.#loggedAt < LOG_EVERY_MS) return
    this.#loggedAt = clock.monotonic()
    const message = `route ${name}: cannot store a message in the buffer: ${error.message}; trying again`
    log({ level: 'error', message, route: name })
  }

  #measure(): void {
    const { buffer, gauges } = this.#parts
    const { messages, bytes, dropped, expired, unreadable } = buffer.figures()
    gauges.set('buffered', messages)
    gauges.set('bufferBytes', bytes)
    gauges.set('unstored', this.#storing.waiting)
    const before = this.#counted
    this.#counted = { dropped, expired, unreadable }
    const lost = dropped - before.dropped + expired - before.expired + unreadable - before.unreadable
    if (lost > 0) gauges.count('dropped', lost)
    if (this.#onSecured.length > 0 && !this.#holdsOnlyCopies)
      for (const secured of this.#onSecured.splice(0)) secured()
  }
}

/** A message that was read from a buffer. */
class Stored implements Settlements {
  readonly #buffer: MessageBuffer
  readonly #sequence: number

  constructor(buffer: MessageBuffer, sequence: number) {
    this.#buffer = buffer
    this.#sequence = sequence
  }

  get isKept(): boolean {
    return this.#buffer.isDurable
  }

  accepted(): void {
    this.#buffer.accepted(this.#sequence)
  }

  refused(): void {
    this.#buffer.accepted(this.#sequence)
  }

  /** It stays in the buffer for the next life. */
  returned(): void {}
}

function perTick(rate: number | undefined): number {
  return rate === undefined ? Number.POSITIVE_INFINITY : Math.max(1, Math.round((rate * TICK_MS) / 1_000))
}
