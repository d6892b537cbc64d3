import { createHash } from 'node:crypto'
import type { ServerAddress } from './endpoint.js'
import { isReplyError } from './failures.js'
import type { Argument, Reply } from './wire.js'

/** A script of Lua, run atomically by the server that has its keys. */
export class Script {
  readonly text: string
  readonly sha: string

  constructor(text: string) {
    this.text = text
    this.sha = createHash('sha1').update(text).digest('hex')
  }
}

/** Something that carries out commands on the server which has a key. */
export interface Commands {
  /**
   * @param key decides which server of a cluster; absent: any
   * @returns the reply, its texts as bytes. Rejects with what ioredis rejects with (see `commandFailure`).
   */
  send(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply>
}

/** Runs a script; a server that does not know it yet is sent its text. Rejects like `send`. */
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

/** Where a server of a cluster says that a key is: MOVED for good, ASK for this once. */
export interface Redirect {
  readonly kind: 'moved' | 'ask'
  readonly slot: number
  readonly address: string
}

/** Reads an error reply that redirects (Redis Cluster specification); undefined when it does not. */
export function redirectOf(error: unknown): Redirect | undefined {
  if (!isReplyError(error)) return undefined
  const parts = /^(MOVED|ASK) (\d+) (\S+)/.exec(error.message)
  if (parts === null) return undefined
  return { kind: parts[1] === 'MOVED' ? 'moved' : 'ask', slot: Number(parts[2]), address: parts[3]! }
}

/** Names a server in a table. */
export function addressKey({ host, port }: ServerAddress): string {
  return `${host}:${port}`
}
