import { createHash } from 'node:crypto'
import type { Argument, Reply } from './connection.js'
import type { ServerAddress } from './endpoint.js'
import { isReplyError } from './failures.js'

/** A Lua script. The server that holds its keys runs it atomically. */
export class Script {
  readonly text: string
  readonly sha: string

  constructor(text: string) {
    this.text = text
    this.sha = createHash('sha1').update(text).digest('hex')
  }
}

/** Runs commands on the server that holds a key. */
export interface Commands {
  /**
   * @param key selects the server of a cluster; without a key any server will do
   * @returns the reply, with strings as bytes. Rejects with what ioredis rejects with (see `commandFailure`).
   */
  send(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply>
}

/** Runs a script by its hash, and sends its text only if the server does not have it. Rejects like `send`. */
export async function runScript(
  commands: Commands,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<Reply> {
  const rest = [keys.length, ...keys, ...args]
  try {
    return await commands.send(keys[0], 'evalsha', [script.sha, ...rest])
  } catch (error) {
    if (!isReplyError(error) || !error.message.startsWith('NOSCRIPT')) throw error
    return commands.send(keys[0], 'eval', [script.text, ...rest])
  }
}

/** A redirection from a cluster server: MOVED is permanent, ASK applies to one command. */
export interface Redirect {
  readonly kind: 'moved' | 'ask'
  readonly slot: number
  readonly address: string
}

/** Parses an error reply that redirects (Redis Cluster specification). @returns undefined for any other error */
export function redirectOf(error: unknown): Redirect | undefined {
  if (!isReplyError(error)) return undefined
  const parts = /^(MOVED|ASK) (\d+) (\S+)/.exec(error.message)
  if (parts === null) return undefined
  return { kind: parts[1] === 'MOVED' ? 'moved' : 'ask', slot: Number(parts[2]), address: parts[3]! }
}

/** Returns the key under which maps keep a server. */
export function addressKey({ host, port }: ServerAddress): string {
  return `${host}:${port}`
}
