import { MalformedPacket, REASON } from './errors.js'

/**
 * Takes one whole packet: it lies in `bytes` from `start` to `end`, its variable header begins at `body`.
 * The bytes are not reused.
 */
export type FrameHandler = (bytes: Buffer, start: number, body: number, end: number) => void

/**
 * Takes the beginning of a PUBLISH that is larger than the limit: as much as its topic and packet identifier can
 * take, laid out as for `FrameHandler`. The rest of the packet is skipped. `size` is the size of the whole packet.
 */
export type OversizeHandler = (head: Buffer, body: number, size: number) => void

const PUBLISH = 3
/** The longest topic, with its length, and a packet identifier. */
const OVERSIZE_HEAD = 2 + 65_535 + 2

/**
 * Cuts a stream of bytes into MQTT packets (MQTT 5, section 2.1), without looking into them. A packet that
 * lies within a chunk is not copied; one that spans chunks is put together in a buffer of its size, which
 * is checked against the limit before anything is allocated.
 */
export class Framer {
  readonly #limit: number
  readonly #onFrame: FrameHandler
  readonly #onOversize: OversizeHandler | undefined
  /** The beginning of a packet whose length is known. */
  #packet: Buffer | undefined
  #filled = 0
  /** The beginning of a packet whose length is not known yet: four bytes at most. */
  #head: Buffer | undefined
  /** For a PUBLISH beyond the limit: where its variable header begins, and its size. */
  #oversize: { readonly body: number; readonly size: number } | undefined
  /** Bytes of it that are still to be skipped. */
  #skip = 0

  /** @param onOversize without it a PUBLISH beyond the limit is malformed, as any other packet is. */
  constructor(limit: number, onFrame: FrameHandler, onOversize?: OversizeHandler) {
    this.#limit = limit
    this.#onFrame = onFrame
    this.#onOversize = onOversize
  }

  /** @throws MalformedPacket; nothing may be fed afterwards. Whatever `onFrame` throws is passed on. */
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

  /** Hands on the packet that begins at `start`, or keeps what there is of it; gives where the next one begins. */
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

  /** Gathers no more of the packet than names it. */
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
