/** Encodes a variable byte integer (MQTT 5, section 1.5.5). */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push((rest & 0x7f) | (rest > 127 ? 0x80 : 0))
    rest >>>= 7
  } while (rest > 0)
  return Buffer.from(bytes)
}

/** Encodes a two-byte integer. */
export function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}

/** Encodes a four-byte integer. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Encodes binary data or a UTF-8 string with a length prefix. @throws RangeError naming `what` if it is too long */
export function data(value: string | Uint8Array, what: string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  if (bytes.length > 65_535) throw new RangeError(`${what} is longer than 65,535 bytes`)
  return Buffer.concat([uint16(bytes.length), bytes])
}

/** Encodes bytes with a variable byte integer as length prefix, as for properties. */
export function prefixed(...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([varint(length), ...parts])
}

/** Encodes a packet: first byte, remaining length, and `parts`. */
export function packet(header: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(header), prefixed(...parts)])
}
