/** A reply of Redis, which may be an error. */
export type Reply = string | number | null | Error | readonly Reply[]

const CR = 0x0d

/** Encodes a command as an array of bulk strings (RESP2). */
export function encodeCommand(parts: readonly string[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`).join('')}`
}

/**
 * Parses the reply at `at` and returns it with the offset of the next one; `undefined` if it is incomplete.
 * @throws Error for bytes that are not RESP2
 */
export function readReply(
  bytes: Buffer,
  at = 0,
): { readonly reply: Reply; readonly next: number } | undefined {
  const end = bytes.indexOf(CR, at)
  if (end < 0 || end + 2 > bytes.length) return undefined
  const text = bytes.toString('utf8', at + 1, end)
  const next = end + 2
  switch (String.fromCharCode(bytes[at]!)) {
    case '+':
      return { reply: text, next }
    case '-':
      return { reply: new Error(text), next }
    case ':':
      return { reply: Number(text), next }
    case '$':
      return readText(bytes, next, lengthOf(text))
    case '*':
      return readList(bytes, next, lengthOf(text))
    default:
      throw new Error('expected a reply of Redis (RESP2)')
  }
}

function lengthOf(text: string): number {
  const length = Number(text)
  if (Number.isInteger(length) && length >= -1) return length
  throw new Error('expected a reply of Redis (RESP2)')
}

function readText(bytes: Buffer, at: number, length: number): ReturnType<typeof readReply> {
  if (length < 0) return { reply: null, next: at }
  if (bytes.length < at + length + 2) return undefined
  return { reply: bytes.toString('utf8', at, at + length), next: at + length + 2 }
}

function readList(bytes: Buffer, at: number, length: number): ReturnType<typeof readReply> {
  const replies: Reply[] = []
  let next = at
  for (let i = 0; i < length; i++) {
    const item = readReply(bytes, next)
    if (item === undefined) return undefined
    replies.push(item.reply)
    next = item.next
  }
  return { reply: replies, next }
}
