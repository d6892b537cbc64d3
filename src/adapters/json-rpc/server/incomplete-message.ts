import type { Clock } from '../../../core/clock.js'
import type { MemoryShare } from '../../../core/memory-share.js'

/**
 * A smaller incomplete message is ignored: frame heads of a fragmented message can be counted as the start of the
 * next.
 */
const LEAST_BYTES = 16 * 1024

/**
 * Counts the bytes of a WebSocket message whose end has not arrived, as memory of its caller, and as its share of the
 * incomplete messages of all callers. These may not take all memory: they hold it for as long as their callers like.
 */
export class IncompleteMessage {
  readonly #clock: Clock
  readonly #held: Pick<MemoryShare, 'add'>
  readonly #share: MemoryShare
  /** Upper bound of its bytes, and when the first arrived. */
  #bytes = 0
  #since = 0
  /** Whether the current piece contained the end of a message. */
  #hasEnded = false

  /**
   * @param held the memory of the caller
   * @param share the share of the caller in the incomplete messages of all callers
   */
  constructor(clock: Clock, held: Pick<MemoryShare, 'add'>, share: MemoryShare) {
    this.#clock = clock
    this.#held = held
    this.#share = share
  }

  /** Whether more of the message may be read. */
  get mayGrow(): boolean {
    return this.#bytes < LEAST_BYTES || this.#share.fitsOne(this.#bytes)
  }

  /** A piece of the stream has arrived and will be parsed. */
  receiving(bytes: number): void {
    if (this.#bytes === 0) this.#since = this.#clock.monotonic()
    this.#set(this.#bytes + bytes)
  }

  /** The piece has been parsed. If it contained the end of a message, at most the piece is left. */
  received(bytes: number): void {
    if (this.#hasEnded) this.#set(Math.min(this.#bytes, bytes))
    this.#hasEnded = false
  }

  /** The piece contained a control frame. */
  control(payload: Buffer): void {
    this.#set(this.#bytes - frameBytes(payload))
  }

  /** The piece contained the end of a message. */
  ended(message: Buffer): void {
    this.#set(this.#bytes - frameBytes(message))
    this.#since = this.#clock.monotonic()
    this.#hasEnded = true
  }

  /** Whether the message has not arrived in time. */
  isLate(timeoutMs: number): boolean {
    return this.#bytes >= LEAST_BYTES && this.#clock.monotonic() - this.#since >= timeoutMs
  }

  #set(bytes: number): void {
    const next = Math.max(0, bytes)
    this.#held.add(next - this.#bytes)
    this.#share.set(next)
    this.#bytes = next
  }

  /** The caller has gone. */
  close(): void {
    this.#set(0)
  }
}

/** Size of a client's message in one masked frame, whose length takes 1, 3 or 9 bytes (RFC 6455, section 5.2). */
function frameBytes({ length }: Buffer): number {
  return length + (length < 126 ? 6 : length < 65_536 ? 8 : 14)
}
