/** A variable byte integer (MQTT 5, section 1.5.5). */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push((rest & 0x7f) | (rest > 127 ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return Buffer.from(bytes)
}

/** A two-byte integer. */
export function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}

/** A four-byte integer. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Binary data, or text in UTF-8, with its length in front. @throws RangeError naming `what` is too long */
export function data(value: string | Uint8Array, what: string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  if (bytes.length > 65_535) throw new RangeError(`${what} is longer than 65,535 bytes`)
  return Buffer.concat([uint16(bytes.length), bytes])
}

/** Bytes with their length in front as a variable byte integer, as properties have it. */
export function prefixed(...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([varint(length), ...parts])
}

/** A whole packet: its first byte, the remaining length, and `parts`. */
export function packet(header: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(header), prefixed(...parts)])
}
