/** Several payloads in one buffer. Payload i starts at `ends[i - 1]`, or 0, and ends at `ends[i]`. */
export interface Packed {
  readonly buffer: ArrayBuffer
  readonly ends: Uint32Array
}

/** Copies payloads into one fresh buffer, which can be transferred. */
export function pack(payloads: readonly Uint8Array[]): Packed {
  const ends = new Uint32Array(payloads.length)
  let end = 0
  for (let i = 0; i < payloads.length; i++) {
    end += payloads[i]!.byteLength
    ends[i] = end
  }
  const bytes = new Uint8Array(end)
  for (let i = 0, at = 0; i < payloads.length; i++) {
    bytes.set(payloads[i]!, at)
    at = ends[i]!
  }
  return { buffer: bytes.buffer, ends }
}

/** Returns payload `index` as a view into the buffer, without a copy. */
export function unpack(packed: Packed, index: number): Uint8Array {
  const start = index === 0 ? 0 : packed.ends[index - 1]!
  return new Uint8Array(packed.buffer, start, packed.ends[index]! - start)
}
