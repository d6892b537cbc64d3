import { SerializeError } from '../../core/errors.js'
import type { Headers, Value } from '../../core/value.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { elidedSize } from './client/elision.js'
import type { Reply } from './wire.js'

/** An entry of a stream as a consumer sees it. */
export interface Entry {
  readonly id: string
  readonly payload: Uint8Array
  readonly headers?: Headers
  /** Whether our `send` made it: then it is removed once every group has acknowledged it. */
  readonly ours: boolean
  /** Why it cannot be delivered. */
  readonly defect?: Error
  /** Its parts are small enough, but there was no room for all of them in the reply: it must be read alone. */
  readonly incomplete?: boolean
}

/** What entries are made of. */
export interface EntryShape {
  readonly payloadField: string
  readonly format: WireFormat
  /** The largest field that is read, in bytes. */
  readonly maxFrame: number
}

/** The field that our `send` adds to each entry. Redis stores a field that all entries of a stream have only once. */
export const MARK = 'nemo:sent'
/** The header of a defective delivery that says how many bytes its largest field has. */
const OVERSIZE_HEADER = 'nemo-oversize-bytes'

const NOTHING = new Uint8Array(0)

/** The fields of an entry: the payload under its name, then the headers under theirs, then our mark. */
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
 * Reads an entry, also one of another sender: the first field of the payload's name is the payload, all others are
 * headers. The payload of an entry without such a field is the object of its fields.
 * @returns undefined for what is not an entry
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
    else others = withMember(others, name, String(value))
  }
  if (payload !== undefined && largest === 0) {
    const entry = { id: id.toString(), payload, ours }
    return others === undefined ? entry : { ...entry, headers: others }
  }
  const base = { id: id.toString(), ours }
  if (largest > 0) {
    const headers = withMember(others, OVERSIZE_HEADER, String(largest))
    const defect = new SerializeError(
      largest > maxFrame
        ? `the entry ${base.id} has a field of ${largest} bytes, which is more than limits.frame (${maxFrame} bytes)`
        : `the fields of the entry ${base.id} are together several times larger than limits.frame (${maxFrame} bytes)`,
    )
    return { ...base, payload: NOTHING, headers, defect, incomplete: largest <= maxFrame }
  }
  return { ...base, ...fromFields(others ?? {}, shape.format) }
}

/** The payload of an entry of a sender that knows no payload: the object of its fields, as text under `binary`. */
function fromFields(
  fields: Record<string, string>,
  format: WireFormat,
): Pick<Entry, 'payload' | 'headers' | 'defect'> {
  if (format.name === 'binary') return { payload: Buffer.from(JSON.stringify(fields)) }
  try {
    return { payload: format.encode(fields as Value) }
  } catch (cause) {
    const defect = new SerializeError(`the fields of the entry cannot be carried as ${format.name}`, {
      cause,
    })
    return { payload: NOTHING, headers: fields, defect }
  }
}

/** Sets a member, also one named "__proto__". */
function withMember(
  object: Record<string, string> | undefined,
  name: string,
  value: string,
): Record<string, string> {
  return Object.defineProperty(object ?? {}, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  })
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
