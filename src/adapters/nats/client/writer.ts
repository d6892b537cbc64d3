import type { Writable } from 'node:stream'
import type { ConnectionError } from '../../../core/errors/connection.js'

const CHUNK_BYTES = 65_536
/** Size above which a payload goes to the socket directly, in bytes. Smaller payloads are copied together. */
const LARGE_BYTES = 16_384
/** Space reserved for a line, in bytes: two subjects and sizes. */
const LINE_BYTES = 8_192

interface Drain {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * The write side of a connection. It collects what is written in one turn and passes it to the socket in few pieces.
 */
export class Writer {
  readonly #socket: Writable
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  #used = 0
  #scheduled = false
  #drain: Drain | undefined
  #closed: ConnectionError | undefined

  constructor(socket: Writable) {
    this.#socket = socket
    socket.on('drain', () => {
      this.#drain?.resolve()
      this.#drain = undefined
    })
  }

  /** Writes a protocol line and a line break. */
  line(text: string): void {
    if (this.#closed !== undefined) return
    const size = Buffer.byteLength(text) + 2
    if (size > LINE_BYTES) {
      this.flush()
      this.#send(Buffer.from(`${text}\r\n`))
      return
    }
    this.#reserve(size)
    this.#used += this.#chunk.write(`${text}\r\n`, this.#used)
  }

  /**
   * Writes PUB, or HPUB if there are headers. The bytes may be read after this returns, so the caller must not modify
   * them.
   */
  publish(
    subject: string,
    reply: string | undefined,
    headers: Uint8Array | undefined,
    payload: Uint8Array,
  ): void {
    if (this.#closed !== undefined) return
    const size = payload.byteLength
    const to = reply === undefined ? subject : `${subject} ${reply}`
    this.#reserve(LINE_BYTES)
    if (headers === undefined) this.#text(`PUB ${to} ${size}\r\n`)
    else {
      this.#text(`HPUB ${to} ${headers.byteLength} ${headers.byteLength + size}\r\n`)
      this.#bytes(headers)
    }
    this.#bytes(payload)
    this.#reserve(2)
    this.#chunk[this.#used++] = 13
    this.#chunk[this.#used++] = 10
  }

  /** Resolves when the socket has room again; `undefined` if it has room now. Rejects if the connection ends first. */
  congestion(): Promise<void> | undefined {
    return this.#drain?.promise
  }

  /** Passes all collected bytes to the socket. */
  flush(): void {
    this.#scheduled = false
    if (this.#used === 0 || this.#closed !== undefined) return
    const written = this.#chunk.subarray(0, this.#used)
    // The socket may still read the written part, so continue behind it.
    this.#chunk = this.#chunk.subarray(this.#used)
    this.#used = 0
    this.#send(written)
  }

  close(error: ConnectionError): void {
    this.#closed ??= error
    this.#drain?.reject(error)
    this.#drain = undefined
  }

  #text(text: string): void {
    this.#used += this.#chunk.write(text, this.#used)
  }

  #bytes(bytes: Uint8Array): void {
    if (bytes.byteLength > LARGE_BYTES) {
      this.flush()
      this.#send(bytes)
      return
    }
    this.#reserve(bytes.byteLength)
    this.#chunk.set(bytes, this.#used)
    this.#used += bytes.byteLength
  }

  /** Makes room for `size` bytes and schedules a flush. */
  #reserve(size: number): void {
    if (this.#chunk.length - this.#used < size) {
      this.flush()
      if (this.#chunk.length < size) this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    }
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => this.flush())
  }

  #send(bytes: Uint8Array): void {
    if (this.#socket.write(bytes) || this.#drain !== undefined) return
    let resolve!: () => void
    let reject!: (error: Error) => void
    const promise = new Promise<void>((...settle) => {
      ;[resolve, reject] = settle
    })
    promise.catch(() => {})
    this.#drain = { promise, resolve, reject }
  }
}
