import { MalformedPacket, REASON } from './errors.js'

/**
 * Receives a whole packet: `bytes` from `start` to `end`, with the variable header at `body`. The bytes are not reused.
 */
export type FrameHandler = (bytes: Buffer, start: number, body: number, end: number) => void

/**
 * Receives the start of a PUBLISH larger than the limit, up to its topic and packet identifier, laid out as for
 * `FrameHandler`.
 * @param size the size of the whole packet in bytes, of which the rest is skipped
 */
export type OversizeHandler = (head: Buffer, body: number, size: number) => void

const PUBLISH = 3
/** The size of the longest topic with its length, and a packet identifier. */
const OVERSIZE_HEAD = 2 + 65_535 + 2

/**
 * Splits a byte stream into MQTT packets without parsing them (MQTT 5, section 2.1). It copies a packet only if it spans
 * chunks, into a buffer of its size, after checking the limit.
 */
export class Framer {
  readonly #limit: number
  readonly #onFrame: FrameHandler
  readonly #onOversize: OversizeHandler | undefined
  /** The start of a packet of known length. */
  #packet: Buffer | undefined
  #filled = 0
  /** The start of a packet of unknown length: at most four bytes. */
  #head: Buffer | undefined
  /** The offset of the variable header and the size of a PUBLISH larger than the limit. */
  #oversize: { readonly body: number; readonly size: number } | undefined
  /** How many bytes of the oversize PUBLISH are still to be skipped. */
  #skip = 0

  /** @param onOversize without it, a PUBLISH larger than the limit is malformed, like any other packet */
  constructor(limit: number, onFrame: FrameHandler, onOversize?: OversizeHandler) {
    this.#limit = limit
    this.#onFrame = onFrame
    this.#onOversize = onOversize
  }

  /** Parses a chunk. @throws MalformedPacket, after which `feed` must not be called again; what `onFrame` throws */
  feed(chunk: Buffer): void {
    let bytes = chunk
    let at = 0
    if (this.#head !== undefined) {
      bytes = Buffer.concat([this.#head, chunk])
      this.#head = undefined
    } else if (this.#packet !== undefined) {
      at = chunk.copy(this.#packet, this.#filled)
      this.#filled += at
      if (this.#filled < this.#packet.length) return
      this.#complete(this.#packet)
    }
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at)
        this.#skip -= skipped
        at += skipped
        continue
      }
      const next = this.#emit(bytes, at)
      if (next === undefined) return
      at = next
    }
  }

  #complete(packet: Buffer): void {
    this.#packet = undefined
    const oversize = this.#oversize
    this.#oversize = undefined
    if (oversize === undefined) this.#emit(packet, 0)
    else {
      this.#skip = oversize.size - packet.length
      this.#onOversize!(packet, oversize.body, oversize.size)
    }
  }

  /**
   * Passes on the packet at `start`, or stores its incomplete bytes. @returns the offset of the next packet, or
   * undefined
   */
  #emit(bytes: Buffer, start: number): number | undefined {
    let length = 0
    let body = start + 1
    for (let shift = 0; ; shift += 7) {
      if (shift > 21) throw new MalformedPacket('the remaining length has more than four bytes')
      const byte = bytes[body++]
      if (byte === undefined) {
        this.#head = Buffer.from(bytes.subarray(start))
        return undefined
      }
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    const end = body + length
    if (end - start > this.#limit) return this.#tooLarge(bytes, start, body, end)
    if (end > bytes.length) {
      this.#packet = Buffer.allocUnsafeSlow(end - start)
      this.#filled = bytes.copy(this.#packet, 0, start)
      return undefined
    }
    this.#onFrame(bytes, start, body, end)
    return end
  }

  /** Collects only the start of an oversize PUBLISH. */
  #tooLarge(bytes: Buffer, start: number, body: number, end: number): number | undefined {
    const size = end - start
    if (bytes[start]! >> 4 !== PUBLISH || this.#onOversize === undefined)
      throw new MalformedPacket(
        `a packet of ${size} bytes, expected at most ${this.#limit}`,
        REASON.packetTooLarge,
      )
    const packet = Buffer.allocUnsafeSlow(Math.min(size, body - start + OVERSIZE_HEAD))
    this.#oversize = { body: body - start, size }
    const copied = bytes.copy(packet, 0, start)
    if (copied < packet.length) {
      this.#packet = packet
      this.#filled = copied
      return undefined
    }
    this.#complete(packet)
    return start + packet.length
  }
}
