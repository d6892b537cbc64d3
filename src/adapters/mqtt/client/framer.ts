/** Bytes that are not MQTT, or are more than we take. */
export class MalformedPacket extends Error {}

/**
 * Takes one whole packet: it lies in `bytes` from `start` to `end`, its variable header begins at `body`.
 * The bytes are not reused.
 */
export type FrameHandler = (bytes: Buffer, start: number, body: number, end: number) => void

/**
 * Cuts a stream of bytes into MQTT packets (MQTT 5, section 2.1), without looking into them. A packet that
 * lies within a chunk is not copied; one that spans chunks is put together in a buffer of its size, which
 * is checked against the limit before anything is allocated.
 */
export class Framer {
  readonly #limit: number
  readonly #onFrame: FrameHandler
  /** The beginning of a packet whose length is known. */
  #packet: Buffer | undefined
  #filled = 0
  /** The beginning of a packet whose length is not known yet: four bytes at most. */
  #head: Buffer | undefined

  constructor(limit: number, onFrame: FrameHandler) {
    this.#limit = limit
    this.#onFrame = onFrame
  }

  /** @throws MalformedPacket; nothing may be fed afterwards. Whatever `onFrame` throws is passed on. */
  feed(chunk: Buffer): void {
    let bytes = chunk
    let at = 0
    if (this.#head !== undefined) {
      bytes = Buffer.concat([this.#head, chunk])
      this.#head = undefined
    } else if (this.#packet !== undefined) {
      const packet = this.#packet
      at = chunk.copy(packet, this.#filled)
      this.#filled += at
      if (this.#filled < packet.length) return
      this.#packet = undefined
      this.#emit(packet, 0)
    }
    while (at < bytes.length) {
      const next = this.#emit(bytes, at)
      if (next === undefined) return
      at = next
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
    if (end - start > this.#limit)
      throw new MalformedPacket(`a packet of ${end - start} bytes, expected at most ${this.#limit}`)
    if (end > bytes.length) {
      this.#packet = Buffer.allocUnsafeSlow(end - start)
      this.#filled = bytes.copy(this.#packet, 0, start)
      return undefined
    }
    this.#onFrame(bytes, start, body, end)
    return end
  }
}
