import type { Reply } from './connection.js'

/** Reads the fields of an entry as bytes by name. @returns undefined if the reply is not an entry */
export function readFields(
  item: Reply,
): { readonly id: string; readonly fields: ReadonlyMap<string, Buffer> } | undefined {
  if (!Array.isArray(item)) return undefined
  const [id, pairs] = item as readonly Reply[]
  if (!Buffer.isBuffer(id) || !Array.isArray(pairs)) return undefined
  const fields = new Map<string, Buffer>()
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const value: unknown = pairs[i + 1]
    if (Buffer.isBuffer(value)) fields.set(String(pairs[i]), value)
  }
  return { id: id.toString(), fields }
}

/** Returns the size of an entry's fields, in bytes. */
export function entryBytes(item: Reply): number {
  const pairs: unknown = Array.isArray(item) ? item[1] : undefined
  let bytes = 0
  if (Array.isArray(pairs)) for (const each of pairs) bytes += Buffer.isBuffer(each) ? each.length : 0
  return bytes
}
