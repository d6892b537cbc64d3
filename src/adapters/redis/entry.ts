import type { Headers } from '../../core/value.js'
import type { Reply } from './wire.js'

/** An entry of a stream as a consumer sees it. */
export interface Entry {
  readonly id: string
  readonly payload: Uint8Array
  readonly headers?: Headers
}

const NOTHING = new Uint8Array(0)

/** The fields of an entry: the payload under its name, then the headers under theirs. */
export function toFields(
  payloadField: string,
  payload: Uint8Array,
  headers: Headers | undefined,
): (string | Uint8Array)[] {
  const fields: (string | Uint8Array)[] = [payloadField, payload]
  for (const name in headers) fields.push(name, headers[name]!)
  return fields
}

/**
 * Reads an entry, also one of a sender that is not of our kind: the first field of the payload's name is the payload,
 * which is empty without it; all others are headers.
 * @returns undefined for what is no entry
 */
export function toEntry(
  id: Reply | undefined,
  fields: Reply | undefined,
  payloadField: string,
): Entry | undefined {
  if (!Buffer.isBuffer(id) || !Array.isArray(fields)) return undefined
  let payload: Uint8Array | undefined
  let headers: Record<string, string> | undefined
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = String(fields[i])
    const value: unknown = fields[i + 1]
    if (payload === undefined && name === payloadField && Buffer.isBuffer(value)) payload = value
    else {
      headers ??= {}
      // A header named "__proto__" is one like any other.
      Object.defineProperty(headers, name, {
        value: String(value),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
  }
  const entry = { id: id.toString(), payload: payload ?? NOTHING }
  return headers === undefined ? entry : { ...entry, headers }
}

/** The bytes of an entry, nearly. */
export function sizeOf({ payload, headers }: Entry): number {
  let size = payload.length
  for (const name in headers) size += name.length + headers[name]!.length
  return size
}

/** Reads what XREAD and XREADGROUP answer: the entries of each stream that has some. */
export function* toStreams(
  reply: Reply,
): Generator<{ readonly key: string; readonly entries: readonly Reply[] }> {
  if (!Array.isArray(reply)) return
  // RESP 3 answers with a map, which ioredis flattens into pairs; RESP 2 with a list of pairs.
  const nested = reply.every((each) => Array.isArray(each))
  const flat: readonly Reply[] = nested
    ? (reply as readonly (readonly Reply[])[]).flatMap((pair) => pair.slice(0, 2))
    : reply
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const entries = flat[i + 1]
    if (Array.isArray(entries)) yield { key: String(flat[i]), entries: entries as readonly Reply[] }
  }
}
