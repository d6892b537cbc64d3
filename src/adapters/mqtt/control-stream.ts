import { Duplex } from 'node:stream'
import type { Outbound } from './outbound.js'

/**
 * The stream that mqtt.js is given instead of the socket. It carries the packets of the session (CONNECT,
 * SUBSCRIBE, PINGREQ and their answers); the messages go past it.
 */
export class ControlStream extends Duplex {
  readonly #outbound: Outbound
  readonly #onDestroyed: () => void

  /** @param onDestroyed called when either side destroys it. */
  constructor(outbound: Outbound, onDestroyed: () => void) {
    super()
    this.#outbound = outbound
    this.#onDestroyed = onDestroyed
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#outbound.bytes(chunk)
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.#outbound.bytes(chunk)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error)
    this.#onDestroyed()
  }
}
