import type { InboundMessage, MessageSink } from '../../../core/adapter.js'
import { Deque } from '../../../core/deque.js'

/** A message costs that much beside its payload. */
const MESSAGE_BYTES = 128

/** One subscriber, and what waits for it while it has no room. */
export class HeldSubscriber {
  readonly #sink: MessageSink<InboundMessage>
  /** Told how many bytes more are kept than before. */
  readonly #onKept: (bytes: number) => void
  readonly #waiting = new Deque<InboundMessage>()
  #state: 'flowing' | 'delivering' | 'held' | 'over' = 'flowing'
  #kept = 0

  constructor(sink: MessageSink<InboundMessage>, onKept: (bytes: number) => void) {
    this.#sink = sink
    this.#onKept = onKept
  }

  deliver(message: InboundMessage): void {
    if (this.#state === 'flowing') return this.#hand(message)
    if (this.#state === 'over') return
    this.#waiting.push(message)
    this.#keep(bytesOf(message))
  }

  /** There is room again. It may be so before `deliver` of the sink has returned. */
  resume(): void {
    if (this.#state === 'over') return
    const wasHeld = this.#state === 'held'
    this.#state = 'flowing'
    if (!wasHeld) return
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#hand(next)
  }

  /** Delivers what waits, whether there is room or not, and says that more is missing. */
  lost(reason: string): void {
    if (this.#state === 'over') return
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      this.#sink.deliver(next)
    this.drop()
    this.#sink.lost(0, reason)
  }

  /** Delivers nothing any more. */
  drop(): void {
    this.#state = 'over'
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift());
    if (this.#kept > 0) this.#keep(-this.#kept)
  }

  #next(): InboundMessage | undefined {
    if (this.#state !== 'flowing') return undefined
    const next = this.#waiting.shift()
    if (next !== undefined) this.#keep(-bytesOf(next))
    return next
  }

  #hand(message: InboundMessage): void {
    this.#state = 'delivering'
    const hasRoom = this.#sink.deliver(message)
    // `resume`, `drop` or `lost` may have been called meanwhile.
    if (this.#state === 'delivering') this.#state = hasRoom ? 'flowing' : 'held'
  }

  #keep(bytes: number): void {
    this.#kept += bytes
    this.#onKept(bytes)
  }
}

function bytesOf({ payload }: InboundMessage): number {
  return payload.byteLength + MESSAGE_BYTES
}
