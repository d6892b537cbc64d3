/** The bytes in memory of their own. `slice` would do for a Uint8Array, but a Buffer shares what it slices. */
export function ownCopy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
