const SAMPLE_EVERY = 64
const MOST_NODES = 2_000
const NODE_BYTES = 16
/** How much a new sample counts against the average so far. */
const WEIGHT = 0.25

/**
 * What a payload weighs, without serialising it: bytes and text exactly, other values by a running average of
 * samples. Good enough to bound memory, and nearly free.
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
      // Upwards at once: a sudden flood of large values must not pass as small ones.
      const average = sample > this.#average ? sample : this.#average + WEIGHT * (sample - this.#average)
      // Whole bytes: it is kept for every message, and a fraction would be an object each time.
      this.#average = Math.ceil(average)
    }
    return this.#average
  }
}

/** Whether the weight of a value is exact, or at least no more than what it has on the wire; others are estimated. */
export function isWeighedExactly(value: unknown): boolean {
  return typeof value === 'string' || value instanceof Uint8Array
}

/** `undefined` for what cannot be looked at: a getter that throws, say. It cannot cross either, which is told there. */
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
      // Of a long array the first part speaks for the rest.
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
