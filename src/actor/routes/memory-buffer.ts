import type {
  BufferedMessage,
  BufferFigures,
  MessageBuffer,
  ReadCredit,
  StoredMessage,
} from '../../buffer/message-buffer.js'
import type { Clock } from '../../core/clock.js'
import { ShutdownError } from '../../core/errors/lifecycle.js'
import type { RouteBufferSettings } from '../../core/settings/route.js'
import { unshared } from '../own-copy.js'

/** What a message takes beside its payload, in bytes. */
const OVERHEAD = 200

interface Pending {
  readonly message: BufferedMessage
  resolve(sequence: number | undefined): void
  reject(error: Error): void
}

/** A buffer in memory, which is lost with the actor. */
export class MemoryBuffer implements MessageBuffer {
  readonly isDurable = false
  readonly #settings: RouteBufferSettings
  readonly #clock: Clock
  /** In the order of their numbers. */
  readonly #stored = new Map<number, StoredMessage>()
  #pending: Pending[] = []
  #bytes = 0
  #last = 0
  /** The number up to which messages have been read. */
  #read = 0
  #dropped = 0
  #expired = 0
  #waiting: { readonly credit: ReadCredit; resolve(messages: readonly StoredMessage[]): void } | undefined
  #isClosed = false

  constructor(settings: RouteBufferSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  append(message: BufferedMessage): Promise<number | undefined> {
    if (this.#isClosed) return Promise.reject(new ShutdownError())
    const own = { ...message, payload: unshared(message.payload) }
    const { whenFull } = this.#settings
    this.#expire()
    if (this.#fits(own)) return Promise.resolve(this.#store(own))
    if (whenFull === 'block')
      return new Promise((resolve, reject) => this.#pending.push({ message: own, resolve, reject }))
    if (whenFull === 'drop-newest') {
      this.#dropped++
      return Promise.resolve(undefined)
    }
    while (this.#stored.size > 0 && !this.#fits(own)) this.#dropOldest()
    return Promise.resolve(this.#store(own))
  }

  read(credit: ReadCredit): Promise<readonly StoredMessage[]> {
    if (this.#isClosed) return Promise.resolve([])
    this.#expire()
    const messages = this.#next(credit)
    if (messages.length > 0) return Promise.resolve(messages)
    return new Promise((resolve) => {
      this.#waiting = { credit, resolve }
    })
  }

  accepted(sequence: number): void {
    const message = this.#stored.get(sequence)
    if (message === undefined) return
    this.#remove(message)
    this.#admit()
  }

  rewind(): void {
    this.#read = 0
    this.#wake()
  }

  async flushed(): Promise<void> {}

  get holdsOnlyCopies(): boolean {
    return this.#last > this.#read && this.#stored.has(this.#last)
  }

  figures(): BufferFigures {
    const [oldest] = this.#stored.values()
    return {
      messages: this.#stored.size,
      bytes: this.#bytes,
      oldest: oldest?.timestamp,
      pendingMessages: this.#pending.length,
      pendingBytes: this.#pending.reduce((sum, { message }) => sum + message.payload.byteLength, 0),
      dropped: this.#dropped,
      expired: this.#expired,
      unreadable: 0,
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#pending) reject(new ShutdownError())
    this.#pending = []
    this.#waiting?.resolve([])
    this.#waiting = undefined
  }

  #store(message: BufferedMessage): number {
    const sequence = ++this.#last
    this.#stored.set(sequence, { ...message, sequence })
    this.#bytes += sizeOf(message)
    this.#wake()
    return sequence
  }

  /** Stores messages that wait for room. */
  #admit(): void {
    while (this.#pending.length > 0 && this.#fits(this.#pending[0]!.message)) {
      const { message, resolve } = this.#pending.shift()!
      resolve(this.#store(message))
    }
  }

  /** Whether a message has room. An empty buffer takes any. */
  #fits(message: BufferedMessage): boolean {
    return this.#stored.size === 0 || this.#bytes + sizeOf(message) <= this.#settings.maxBytes
  }

  #wake(): void {
    if (this.#waiting === undefined) return
    const { credit, resolve } = this.#waiting
    const messages = this.#next(credit)
    if (messages.length === 0) return
    this.#waiting = undefined
    resolve(messages)
  }

  #next({ messages, bytes }: ReadCredit): readonly StoredMessage[] {
    const found: StoredMessage[] = []
    let size = 0
    for (const [sequence, message] of this.#stored) {
      if (sequence <= this.#read) continue
      const { byteLength } = message.payload
      if (found.length >= messages || (found.length > 0 && size + byteLength > bytes)) break
      found.push(message)
      size += byteLength
      this.#read = sequence
    }
    return found
  }

  #expire(): void {
    const { maxAgeMs } = this.#settings
    if (maxAgeMs === undefined) return
    const before = this.#clock.now() - maxAgeMs
    for (const message of this.#stored.values()) {
      if (message.timestamp >= before) break
      // The sink has it, and may have accepted it already.
      if (message.sequence <= this.#read) continue
      this.#remove(message)
      this.#expired++
    }
    this.#admit()
  }

  #dropOldest(): void {
    const [oldest] = this.#stored.values()
    this.#remove(oldest!)
    // What was read may still reach the sink.
    if (oldest!.sequence > this.#read) this.#dropped++
  }

  #remove(message: StoredMessage): void {
    this.#stored.delete(message.sequence)
    this.#bytes -= sizeOf(message)
  }
}

function sizeOf({ payload }: BufferedMessage): number {
  return payload.byteLength + OVERHEAD
}
