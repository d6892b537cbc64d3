import type { Value } from '../../../core/value.js'
import { type Entry, readEntry } from './messages.js'

/** What a message contains: one request or a batch (JSON-RPC 2.0, section 6). */
export type Content = readonly Entry[] | Entry

/** Reads a message. @param maxBatch maximum number of requests in a batch */
export function readContent(value: Value, maxBatch: number): Content {
  return Array.isArray(value) ? readBatch(value as readonly Value[], maxBatch) : readEntry(value)
}

function readBatch(values: readonly Value[], maxBatch: number): Content {
  if (values.length === 0) return { kind: 'invalid', id: null, fault: 'the batch is empty' }
  if (values.length <= maxBatch) return values.map(readEntry)
  const fault = `the batch has ${values.length} requests; the limit is ${maxBatch}`
  return { kind: 'invalid', id: null, fault }
}

export function isBatch(content: Content): content is readonly Entry[] {
  return Array.isArray(content)
}
