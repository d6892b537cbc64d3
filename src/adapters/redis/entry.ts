import { SerializeError } from '../../core/errors/operation.js'
import { setMember } from '../../core/set-member.js'
import type { Headers, Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { elidedSize } from './client/elision.js'
import type { Reply } from './connection.js'

/** An entry of a stream as a consumer receives it. */
export interface Entry {
  readonly id: string
  readonly payload: Uint8Array
  readonly headers?: Headers
  /** Whether our `send` added the entry. Such an entry is removed once every group has acknowledged it. */
  readonly ours: boolean
  /** Why the entry cannot be delivered. */
  readonly defect?: Error
  /** The fields fit one by one but did not fit into the reply together: the entry must be read alone. */
  readonly incomplete?: boolean
}

/** How to read entries. */
export interface EntryShape {
  readonly payloadField: string
  readonly format: WireFormat
  /** Limit for one field, in bytes. */
  readonly maxFrame: number
}

/** The field that our `send` adds to each entry. Redis compresses field names that all entries of a stream share. */
export const MARK = 'nemo:sent'
/** The header of a defective delivery that holds the size of its largest field, in bytes. */
const OVERSIZE_HEADER = 'nemo-oversize-bytes'

const NOTHING = new Uint8Array(0)

/** Returns the fields of an entry: the payload, the headers under their names, and our mark. */
export function toFields(
  payloadField: string,
  payload: Uint8Array,
  headers: Headers | undefined,
): (string | Uint8Array)[] {
  const fields: (string | Uint8Array)[] = [payloadField, payload]
  for (const name in headers) fields.push(name, headers[name]!)
  fields.push(MARK, '1')
  return fields
}

/**
 * Parses an entry, including entries of other senders: the first field named `payloadField` is the payload, the other
 * fields are headers. Without such a field the payload is an object of all fields.
 * @returns undefined if the reply is not an entry
 */
export function toEntry(
  id: Reply | undefined,
  fields: Reply | undefined,
  shape: EntryShape,
): Entry | undefined {
  if (!Buffer.isBuffer(id) || !Array.isArray(fields)) return undefined
  const { payloadField, maxFrame } = shape
  let payload: Uint8Array | undefined
  let others: Record<string, string> | undefined
  let ours = false
  let largest = 0
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const value: unknown = fields[i + 1]
    const elided = elidedSize(fields[i]) ?? elidedSize(value)
    if (elided !== undefined) {
      largest = Math.max(largest, elided)
      continue
    }
    const name = String(fields[i])
    if (payload === undefined && name === payloadField && Buffer.isBuffer(value)) payload = value
    else if (name === MARK) ours = true
    else {
      others ??= {}
      setMember(others, name, String(value))
    }
  }
  if (payload !== undefined && largest === 0) {
    const entry = { id: id.toString(), payload, ours }
    return others === undefined ? entry : { ...entry, headers: others }
  }
  const base = { id: id.toString(), ours }
  if (largest > 0) {
    const headers = { ...others, [OVERSIZE_HEADER]: String(largest) }
    const defect = new SerializeError(
      largest > maxFrame
        ? `entry ${base.id} has a field of ${largest} bytes: more than limits.frame (${maxFrame} bytes)`
        : `the fields of entry ${base.id} together are several times larger than limits.frame (${maxFrame} bytes)`,
    )
    return { ...base, payload: NOTHING, headers, defect, incomplete: largest <= maxFrame }
  }
  return { ...base, ...fromFields(others ?? {}, shape.format) }
}

/** Encodes an object of all fields as the payload. The `binary` format cannot carry an object, so it gets JSON text. */
function fromFields(
  fields: Record<string, string>,
  format: WireFormat,
): Pick<Entry, 'payload' | 'headers' | 'defect'> {
  if (format.name === 'binary') return { payload: Buffer.from(JSON.stringify(fields)) }
  try {
    return { payload: format.encode(fields as Value) }
  } catch (cause) {
    const defect = new SerializeError(`the fields of the entry cannot be encoded as ${format.name}`, {
      cause,
    })
    return { payload: NOTHING, headers: fields, defect }
  }
}

/** Returns the approximate size of an entry, in bytes. */
export function sizeOf({ payload, headers }: Entry): number {
  let size = payload.length
  for (const name in headers) size += name.length + headers[name]!.length
  return size
}

/** Yields the streams of an XREAD or XREADGROUP reply that have entries. */
export function* toStreams(
  reply: Reply,
): Generator<{ readonly key: string; readonly entries: readonly Reply[] }> {
  if (!Array.isArray(reply)) return
  // A RESP 3 reply is a map, which ioredis flattens into one list. A RESP 2 reply is a list of pairs.
  const nested = reply.every((each) => Array.isArray(each))
  const flat: readonly Reply[] = nested
    ? (reply as readonly (readonly Reply[])[]).flatMap((pair) => pair.slice(0, 2))
    : reply
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const entries = flat[i + 1]
    if (Array.isArray(entries)) yield { key: String(flat[i]), entries: entries as readonly Reply[] }
  }
}
