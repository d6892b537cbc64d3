import type { Duplex } from 'node:stream'

const SLAB_BYTES = 65_536
/** Payloads of at least this size are written without copying, in bytes. */
const LARGE_BYTES = 16_384
/** How many bytes may be buffered in the socket before callers must wait. */
const HIGH_WATER_BYTES = 1_048_576

interface Drain {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: Error): void
}

/**
 * The write side of a connection: collects packets in slabs and writes them at the end of the tick, so that a batch of
 * publishes costs one socket write. Bytes of a slab are never overwritten, because the socket may keep them.
 */
export class Outbound {
  readonly #socket: Duplex
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #flushed = 0
  #filled = 0
  #scheduled = false
  #closed = false
  #drain: Drain | undefined

  constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('drain', () => this.#drained())
  }

  /**
   * Writes a PUBLISH.
   * @param topic the topic with its length prefix (see `TopicCache`)
   * @param properties with their length prefix; `undefined` in MQTT 3.1.1
   * @param payload must not be modified afterwards
   */
  publish(
    flags: number,
    topic: Uint8Array,
    id: number,
    properties: Uint8Array | undefined,
    payload: Uint8Array,
  ): void {
    const large = payload.length >= LARGE_BYTES
    const rest = topic.length + (id > 0 ? 2 : 0) + (properties?.length ?? 0) + payload.length
    let at = this.#reserve(5 + rest - (large ? payload.length : 0))
    const slab = this.#slab
    slab[at++] = 0x30 | flags
    let length = rest
    while (length > 127) {
      slab[at++] = (length & 0x7f) | 0x80
      length >>>= 7
    }
    slab[at++] = length
    slab.set(topic, at)
    at += topic.length
    if (id > 0) {
      slab[at++] = id >> 8
      slab[at++] = id & 0xff
    }
    if (properties !== undefined) {
      if (properties.length === 1) slab[at++] = 0
      else {
        slab.set(properties, at)
        at += properties.length
      }
    }
    if (!large) {
      slab.set(payload, at)
      at += payload.length
    }
    this.#filled = at
    if (large) {
      this.#socket.cork()
      this.flush()
      this.#write(payload)
      this.#socket.uncork()
    }
  }

  /** Writes whole packets. */
  bytes(packet: Uint8Array): void {
    if (packet.length >= LARGE_BYTES) {
      this.flush()
      this.#write(packet)
      return
    }
    const at = this.#reserve(packet.length)
    this.#slab.set(packet, at)
    this.#filled = at + packet.length
  }

  /** Resolves when the socket has room again; `undefined` if it has room now. Rejects when the connection ends. */
  congestion(): Promise<void> | undefined {
    return this.#drain?.promise
  }

  /** Writes the collected packets to the socket now. */
  flush(): void {
    if (this.#filled === this.#flushed) return
    const bytes = this.#slab.subarray(this.#flushed, this.#filled)
    this.#flushed = this.#filled
    this.#write(bytes)
  }

  /** Drops unwritten packets and rejects the promise of `congestion`. */
  close(error: Error): void {
    this.#closed = true
    this.#drain?.reject(error)
    this.#drain = undefined
  }

  #write(bytes: Uint8Array): void {
    if (this.#closed || this.#socket.write(bytes) || this.#drain !== undefined) return
    if (this.#socket.writableLength < HIGH_WATER_BYTES) return
    let settle!: Pick<Drain, 'resolve' | 'reject'>
    const promise = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject }
    })
    // Callers of `congestion` receive the rejection. Without a caller it must not be unhandled.
    promise.catch(() => {})
    this.#drain = { promise, ...settle }
  }

  #drained(): void {
    this.#drain?.resolve()
    this.#drain = undefined
  }

  #reserve(count: number): number {
    if (!this.#scheduled) {
      this.#scheduled = true
      process.nextTick(flushScheduled, this)
    }
    if (this.#filled + count > this.#slab.length) {
      this.flush()
      this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, count))
      this.#flushed = 0
      this.#filled = 0
    }
    return this.#filled
  }

  /** Writes the packets of this tick. Called by `process.nextTick` only. */
  flushScheduled(): void {
    this.#scheduled = false
    this.flush()
  }
}

function flushScheduled(outbound: Outbound): void {
  outbound.flushScheduled()
}
