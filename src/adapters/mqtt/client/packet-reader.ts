import { MalformedPacket } from './errors.js'

/** Reads the fields of one packet in order. Every method throws MalformedPacket if the packet ends too early. */
export class PacketReader {
  readonly #bytes: Buffer
  readonly #end: number
  #at: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  varint(): number {
    let value = 0
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new MalformedPacket('a variable byte integer of more than four bytes')
  }

  /** Reads a string with a length prefix. */
  text(): string {
    const length = this.uint16()
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  /** Skips a string or binary data. */
  skipData(): void {
    this.#take(this.uint16())
  }

  /** Returns a reader for a section with a length prefix. */
  section(): PacketReader {
    const length = this.varint()
    const start = this.#take(length)
    return new PacketReader(this.#bytes, start, start + length)
  }

  #take(count: number): number {
    const start = this.#at
    if (start + count > this.#end) throw new MalformedPacket('a packet that ends within a field')
    this.#at += count
    return start
  }
}
