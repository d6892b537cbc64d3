import type { InboundMessage, MessageSink } from '../../../core/adapter/inbound.js'
import { Deque } from '../../../core/deque.js'

/** Memory of a message beside its payload, in bytes. */
const MESSAGE_BYTES = 128

/** One subscriber, with a buffer for messages that arrive while it has no room. */
export class BufferedSubscriber {
  readonly #sink: MessageSink<InboundMessage>
  /** Called with the change of the buffered bytes. */
  readonly #onBuffered: (bytes: number) => void
  readonly #waiting = new Deque<InboundMessage>()
  #state: 'flowing' | 'delivering' | 'held' | 'over' = 'flowing'
  #buffered = 0

  constructor(sink: MessageSink<InboundMessage>, onBuffered: (bytes: number) => void) {
    this.#sink = sink
    this.#onBuffered = onBuffered
  }

  deliver(message: InboundMessage): void {
    if (this.#state === 'flowing') return this.#hand(message)
    if (this.#state === 'over') return
    this.#waiting.push(message)
    this.#count(bytesOf(message))
  }

  /**
   * Delivers buffered messages when the sink has room again. The sink may call it before its `deliver` has
   * returned.
   */
  resume(): void {
    if (this.#state === 'over') return
    const wasHeld = this.#state === 'held'
    this.#state = 'flowing'
    if (!wasHeld) return
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#hand(next)
  }

  /** Delivers the buffered messages, even without room, and reports that further messages are lost. */
  lost(reason: string): void {
    if (this.#state === 'over') return
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      this.#sink.deliver(next)
    this.drop()
    this.#sink.lost(0, reason)
  }

  /** Drops the buffer and stops delivering. */
  drop(): void {
    this.#state = 'over'
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift());
    if (this.#buffered > 0) this.#count(-this.#buffered)
  }

  #next(): InboundMessage | undefined {
    if (this.#state !== 'flowing') return undefined
    const next = this.#waiting.shift()
    if (next !== undefined) this.#count(-bytesOf(next))
    return next
  }

  #hand(message: InboundMessage): void {
    this.#state = 'delivering'
    const hasRoom = this.#sink.deliver(message)
    // `resume`, `drop` or `lost` may have been called meanwhile.
    if (this.#state === 'delivering') this.#state = hasRoom ? 'flowing' : 'held'
  }

  #count(bytes: number): void {
    this.#buffered += bytes
    this.#onBuffered(bytes)
  }
}

function bytesOf({ payload }: InboundMessage): number {
  return payload.byteLength + MESSAGE_BYTES
}
