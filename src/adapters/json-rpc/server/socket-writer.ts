import type { WebSocket } from 'ws'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { SubscriptionPort } from './subscription.js'

/** Notifications are sent while fewer bytes are unread, so that what waits can still be replaced or dropped. */
const NOTIFY_BELOW = 64 * 1024

/** Writes to one WebSocket, and counts what its caller has not read as memory of the caller. */
export class SocketWriter implements SubscriptionPort {
  readonly #socket: WebSocket
  readonly #held: MemoryShare
  readonly #maxUnread: number
  readonly #onWritten: () => void
  /** Bytes not yet written. */
  #unread = 0
  #isClosed = false

  /** @param onWritten called when bytes have been written, until `close` */
  constructor(socket: WebSocket, held: MemoryShare, maxUnread: number, onWritten: () => void) {
    this.#socket = socket
    this.#held = held
    this.#maxUnread = maxUnread
    this.#onWritten = onWritten
  }

  /** Whether so much is unread that the caller must not ask for more. */
  get isFull(): boolean {
    return this.#unread >= this.#maxUnread
  }

  /** Whether notifications may be sent. */
  get hasRoom(): boolean {
    return this.#isOpen && this.#unread < Math.min(NOTIFY_BELOW, this.#maxUnread)
  }

  /**
   * Sends an answer.
   * @returns false if it is not sent, because answers that the caller has not read have filled its memory
   */
  answer(bytes: Uint8Array): boolean {
    if (!this.#isOpen) return true
    // Callers that do not read their answers must not fill the memory, not even with one answer each.
    const held = this.#held.bytes + bytes.byteLength
    const fits = this.#unread > 0 ? this.#held.fits(held) : this.#held.fitsOne(held)
    if (fits) this.notify(bytes)
    return fits
  }

  notify(bytes: Uint8Array): void {
    const size = bytes.byteLength
    this.#unread += size
    this.#held.add(size)
    this.#socket.send(bytes, { binary: false }, () => {
      this.#unread -= size
      if (this.#isClosed) return
      this.#held.add(-size)
      this.#onWritten()
    })
  }

  /** Stops counting. */
  close(): void {
    this.#isClosed = true
  }

  get #isOpen(): boolean {
    return !this.#isClosed && this.#socket.readyState === this.#socket.OPEN
  }
}
