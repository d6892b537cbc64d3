import { isDeepStrictEqual } from 'node:util'

/** A line of a transcript (docs/embedding.md says what each means). */
export type Step =
  | { readonly about: string }
  | { readonly configuration: string }
  | { readonly send: unknown }
  | { readonly sendText: string }
  | { readonly expect: unknown }
  | { readonly quiet: number }
  | { readonly exit: number }

export function stepsOf(text: string): readonly Step[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Step)
}

/** What a transcript is replayed against. */
export interface Peer {
  write(text: string): void
  /** The messages that arrived and were not expected yet. */
  readonly unread: unknown[]
  /** Resolves at the next message. */
  arrival(): Promise<void>
  /** Resolves with the exit code. */
  exit(): Promise<number | null>
}

/** Replays a transcript. @throws Error at the first step that does not hold */
export async function replay(steps: readonly Step[], peer: Peer): Promise<void> {
  const names = new Map<string, unknown>()
  for (const step of steps) {
    if ('send' in step) peer.write(`${JSON.stringify(filled(step.send, names))}\n`)
    else if ('sendText' in step) peer.write(step.sendText)
    else if ('expect' in step) await expected(step.expect, peer, names)
    else if ('quiet' in step) await quiet(step.quiet, peer)
    else if ('exit' in step) {
      const code = await peer.exit()
      if (code !== step.exit) throw new Error(`expected the exit code ${step.exit}, found ${code}`)
      if (peer.unread.length > 0) throw new Error(`was not expected: ${JSON.stringify(peer.unread)}`)
    }
  }
}

async function quiet(ms: number, peer: Peer): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  if (peer.unread.length > 0) throw new Error(`expected silence, found ${JSON.stringify(peer.unread)}`)
}

const LONGEST_MS = 20_000

async function expected(pattern: unknown, peer: Peer, names: Map<string, unknown>): Promise<void> {
  const late = new Promise<never>((_, reject) => {
    const fail = () =>
      reject(new Error(`expected ${JSON.stringify(pattern)}, found ${JSON.stringify(peer.unread)}`))
    setTimeout(fail, LONGEST_MS).unref()
  })
  late.catch(() => {})
  for (;;) {
    for (const [i, message] of peer.unread.entries()) {
      const found = new Map(names)
      if (!matches(pattern, message, found)) continue
      for (const [name, value] of found) names.set(name, value)
      peer.unread.splice(i, 1)
      return
    }
    await Promise.race([peer.arrival(), late])
  }
}

const NAME = /^<(.+)>$/

/** Whether a message has at least the members of a pattern. Binds the names in it. */
function matches(pattern: unknown, found: unknown, names: Map<string, unknown>): boolean {
  const name = typeof pattern === 'string' ? NAME.exec(pattern)?.[1] : undefined
  if (name === 'any') return found !== undefined
  if (name === 'absent') return found === undefined
  if (name !== undefined) {
    if (names.has(name)) return isDeepStrictEqual(names.get(name), found)
    names.set(name, found)
    return found !== undefined
  }
  if (typeof pattern !== 'object' || pattern === null) return pattern === found
  if (typeof found !== 'object' || found === null || Array.isArray(pattern) !== Array.isArray(found))
    return false
  if (Array.isArray(pattern) && pattern.length !== (found as unknown[]).length) return false
  return Object.entries(pattern).every(([key, member]) =>
    matches(member, (found as Record<string, unknown>)[key], names),
  )
}

/** Replaces names in a message by what they were bound to. */
function filled(message: unknown, names: ReadonlyMap<string, unknown>): unknown {
  if (Array.isArray(message)) return message.map((item) => filled(item, names))
  if (typeof message === 'object' && message !== null)
    return Object.fromEntries(Object.entries(message).map(([key, member]) => [key, filled(member, names)]))
  const name = typeof message === 'string' ? NAME.exec(message)?.[1] : undefined
  return name !== undefined && names.has(name) ? names.get(name) : message
}
