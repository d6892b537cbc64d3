/** The message of every scenario: about 180 bytes of JSON with a nested object, an array and strings. */
export interface BenchMessage {
  readonly n: number
  readonly device: string
  readonly at: string
  readonly reading: { readonly temperature: number; readonly humidity: number; readonly unit: string }
  readonly tags: readonly string[]
  readonly ok: boolean
}

/** Several topics, as a broker of devices has them; `bench/#` matches all. */
export const TOPICS: readonly string[] = Array.from({ length: 8 }, (_, i) => `bench/devices/d${i}`)
export const ALL_TOPICS = 'bench/#'

/** The message with this number. Different numbers give different objects with the same shape. */
export function benchMessage(n: number): BenchMessage {
  return {
    n: 1_000_000_000 + n,
    device: `sensor-${String(n % 64).padStart(3, '0')}`,
    at: '2026-01-02T03:04:05.678Z',
    reading: { temperature: 20 + (n % 100) / 10, humidity: 40 + (n % 16), unit: 'celsius' },
    tags: ['floor-2', 'east', `group-${n % 8}`],
    ok: n % 32 !== 0,
  }
}

/** A pool to send from again and again: making objects is not what is measured. Its size is a power of two. */
export function messagePool(size = 256): readonly BenchMessage[] {
  return Array.from({ length: size }, (_, i) => benchMessage(i))
}

/** The same as encoded JSON, for the scenarios that send bytes. */
export function payloadPool(size = 256): readonly Uint8Array[] {
  const encoder = new TextEncoder()
  return messagePool(size).map((message) => encoder.encode(JSON.stringify(message)))
}
