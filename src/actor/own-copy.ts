/** Copies the bytes into a fresh buffer. `slice` of a Buffer would share memory. */
export function ownCopy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** Copies the bytes if they would keep a much larger buffer alive, such as the socket's chunk. */
export function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.byteLength ? ownCopy(bytes) : bytes
}
