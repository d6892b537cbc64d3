import type { Writable } from 'node:stream'
import type { ConnectionError } from '../../../core/errors.js'

const CHUNK_BYTES = 65_536
/** Larger payloads go to the socket as they are; smaller ones are copied together. */
const LARGE_BYTES = 16_384
/** The longest line: two subjects, sizes, and what is between. */
const LINE_BYTES = 8_192

interface Drain {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * The writing side of a connection. What is written in one go of the event loop goes to the socket in few pieces at
 * its end.
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

  /** Writes a line of the protocol; the line break is added. */
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

  /** Writes PUB, or HPUB where there are headers. The bytes may be read after this returns: they must stay as they are. */
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

  /** When the socket takes more again; `undefined` while it does. Rejects when the connection ends first. */
  congestion(): Promise<void> | undefined {
    return this.#drain?.promise
  }

  /** Hands everything to the socket. */
  flush(): void {
    this.#scheduled = false
    if (this.#used === 0 || this.#closed !== undefined) return
    const written = this.#chunk.subarray(0, this.#used)
    // The socket may read from it until it has sent it.
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

  /** Makes room, and sees to it that what is written is flushed. */
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
