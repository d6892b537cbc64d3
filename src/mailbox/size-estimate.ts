const SAMPLE_EVERY = 64
const MOST_NODES = 2_000
const NODE_BYTES = 16
/** The share of a new sample in the running average. */
const WEIGHT = 0.25

/**
 * Estimates the size of payloads without serialising them, which is precise enough to bound memory. Bytes and text are
 * measured, other values estimated by a running average of samples.
 */
export class SizeEstimate {
  #average = 0
  #untilSample = 0

  of(value: unknown): number {
    if (value instanceof Uint8Array) return value.byteLength
    if (typeof value === 'string') return value.length
    if (typeof value !== 'object' || value === null) return NODE_BYTES
    if (this.#untilSample-- === 0) {
      this.#untilSample = SAMPLE_EVERY - 1
      const sample = weighed(value) ?? this.#average
      // A larger sample counts at once, so that a burst of large values is not taken for small ones.
      const average = sample > this.#average ? sample : this.#average + WEIGHT * (sample - this.#average)
      // Whole bytes, because a fraction would be a separate heap object for every message.
      this.#average = Math.ceil(average)
    }
    return this.#average
  }
}

/** Whether the size of a value is measured, and so not above its size on the wire. */
export function isWeighedExactly(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array
}

/**
 * The size of a value; `undefined` if reading it throws. Such a value is refused later, when it is written to a batch.
 */
function weighed(value: object): number | undefined {
  try {
    return weigh(value)
  } catch {
    return undefined
  }
}

function weigh(value: object): number {
  let bytes = 0
  let nodes = 0
  const open: unknown[] = [value]
  while (open.length > 0 && nodes++ < MOST_NODES) {
    const node = open.pop()
    bytes += NODE_BYTES
    if (typeof node === 'string') bytes += node.length
    else if (ArrayBuffer.isView(node)) bytes += node.byteLength
    else if (node instanceof ArrayBuffer) bytes += node.byteLength
    else if (Array.isArray(node)) {
      // Only the first part of a long array is measured.
      const seen = Math.min(node.length, MOST_NODES)
      for (let i = 0; i < seen; i++) open.push(node[i])
      bytes += (node.length - seen) * NODE_BYTES
    } else if (typeof node === 'object' && node !== null)
      for (const key of Object.keys(node)) {
        bytes += key.length
        open.push((node as Record<string, unknown>)[key])
      }
  }
  return bytes
}
