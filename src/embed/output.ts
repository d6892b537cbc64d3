import type { Writable } from 'node:stream'
import { onlyOnce } from './only-once.js'

/** Written at once when so much waits, even before the turn ends. */
const FLUSH_AT = 64 * 1024
/** While the stream is full and so much waits, producers wait too. */
const MOST_WAITING = 256 * 1024

/**
 * Writes messages in batches: all of a turn of the event loop in one write. A client that does not read fills the
 * stream, then this buffer, then `ready` makes producers wait, so memory stays bounded.
 */
export class Output {
  readonly #stream: Writable
  #text = ''
  #frames: Uint8Array[] = []
  #waiting = 0
  #isScheduled = false
  #isFull = false
  #isClosed = false
  #producers: (() => void)[] = []

  /** @param gone called once when the client no longer reads */
  constructor(stream: Writable, gone: () => void) {
    this.#stream = stream
    const close = onlyOnce(() => {
      this.#isClosed = true
      this.#clear()
      this.#release()
      gone()
    })
    stream.on('error', close)
    stream.on('close', close)
    stream.on('drain', () => {
      this.#isFull = false
      this.#flush()
      if (!this.isBlocked) this.#release()
    })
  }

  /** Whether a producer must wait. */
  get isBlocked(): boolean {
    return this.#isFull && this.#waiting >= MOST_WAITING
  }

  /** Waits until the client has read enough. @returns `undefined` if there is nothing to wait for */
  ready(): Promise<void> | undefined {
    if (!this.isBlocked || this.#isClosed) return undefined
    return new Promise((resolve) => this.#producers.push(resolve))
  }

  /** Queues an encoded message. Never blocks; dropped if the client is gone. */
  write(message: string | Uint8Array): void {
    if (this.#isClosed) return
    if (typeof message === 'string') this.#text += message
    else this.#frames.push(message)
    this.#waiting += message.length
    if (this.#waiting >= FLUSH_AT) this.#flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      // Runs after all microtasks of this turn, so that all answers of a batch leave together.
      process.nextTick(() => {
        this.#isScheduled = false
        this.#flush()
      })
    }
  }

  /** Writes everything that waits. Resolves when the system has it, or the client is gone. */
  async end(): Promise<void> {
    for (;;) {
      this.#flush()
      if (this.#isClosed || (this.#waiting === 0 && !this.#isFull)) break
      await new Promise<void>((resolve) => this.#producers.push(resolve))
    }
    if (!this.#isClosed) await new Promise<void>((resolve) => this.#stream.write('', () => resolve()))
  }

  #flush(): void {
    if (this.#isFull || this.#waiting === 0) return
    const { chunks } = this.#take()
    for (const chunk of chunks) if (!this.#stream.write(chunk)) this.#isFull = true
  }

  #take(): { readonly chunks: readonly (string | Uint8Array)[] } {
    const chunks: (string | Uint8Array)[] = []
    // Text comes first: an encoding is only ever changed from lines to frames.
    if (this.#text !== '') chunks.push(this.#text)
    if (this.#frames.length > 0) chunks.push(Buffer.concat(this.#frames))
    this.#clear()
    return { chunks }
  }

  #clear(): void {
    this.#text = ''
    this.#frames = []
    this.#waiting = 0
  }

  #release(): void {
    const producers = this.#producers
    this.#producers = []
    for (const resume of producers) resume()
  }
}
