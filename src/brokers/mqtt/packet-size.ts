/**
 * Tracks the packets in a stream of MQTT bytes and finds one larger than `limit` bytes as soon as its header has
 * arrived (MQTT 3.1.1, section 2.2.3), before its body is buffered.
 */
export class PacketSize {
  readonly #limit: number
  /** Bytes of the current packet that are still to come; undefined inside a header. */
  #body: number | undefined
  #length = 0
  #shift = -1

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns false if a packet is too large, or its length is malformed */
  accepts(chunk: Uint8Array): boolean {
    let at = 0
    while (at < chunk.length) {
      if (this.#body !== undefined) {
        const skipped = Math.min(this.#body, chunk.length - at)
        at += skipped
        this.#body = this.#body === skipped ? undefined : this.#body - skipped
      } else if (!this.#header(chunk[at++]!)) return false
    }
    return true
  }

  #header(byte: number): boolean {
    // The first byte is the packet type. Up to four length bytes follow, with seven bits each.
    if (this.#shift < 0) {
      this.#shift = 0
      this.#length = 0
      return true
    }
    this.#length += (byte & 0x7f) * 2 ** this.#shift
    this.#shift += 7
    if (this.#length > this.#limit) return false
    if (byte & 0x80) return this.#shift < 28
    this.#shift = -1
    this.#body = this.#length === 0 ? undefined : this.#length
    return true
  }
}
