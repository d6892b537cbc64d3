/** Copies the bytes into a fresh buffer. `slice` would do for a Uint8Array, but a Buffer shares what it slices. */
export function ownCopy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** The bytes, copied where they would keep alive a much larger buffer: the chunk of a socket that they came in. */
export function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.byteLength ? ownCopy(bytes) : bytes
}
