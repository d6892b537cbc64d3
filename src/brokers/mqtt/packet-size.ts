/**
 * Follows the packets in a stream of MQTT bytes and finds one that announces more than `limit` bytes, as soon
 * as its header has arrived (MQTT 3.1.1, section 2.2.3) and so before anybody gathers its body.
 */
export class PacketSize {
  readonly #limit: number
  /** Bytes of the current packet still to come; undefined within a header. */
  #body: number | undefined
  #length = 0
  #shift = -1

  constructor(limit: number) {
    this.#limit = limit
  }

  /** @returns false when a packet is too large, or its length is malformed. */
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
    // The first byte is the type of the packet; up to four bytes of length follow, seven bits in each.
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
