import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBroker } from './brokers.js'
import { OwnServer, startIn } from './own-server.js'
import { ServerProcess } from './server-process.js'

export interface MosquittoOptions {
  /** Users with their passwords, and nobody else; everybody when absent. */
  readonly users?: Readonly<Record<string, string>>
  /** Lines of an access control list; everything is allowed when absent. */
  readonly acl?: readonly string[]
  /** Lines for mosquitto.conf; they belong to the listener and go before the defaults below. */
  readonly config?: readonly string[]
  /** A free one when absent. */
  readonly port?: number
}

/** What a test gets unless its `config` has the same key. */
const DEFAULTS = [
  'allow_anonymous true',
  // Started by root it would become another user, who cannot read the keys in the temp folder.
  'user root',
  'persistence false',
  'max_queued_messages 1000000',
  'connection_messages true',
  'log_type all',
  'log_dest stderr',
]

/** Starts a Mosquitto of one's own on 127.0.0.1; resolves when it takes connections. */
export function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const place = { prefix: 'nemo-mosquitto-', port: options.port, taken: /Address already in use/ }
  return startIn(place, async (folder, port) =>
    Mosquitto.start(folder, port, [...(options.config ?? []), ...(await accessControl(folder, options))]),
  )
}

/** Writes the files of users and of the access control list; gives the lines that name them. */
async function accessControl(folder: string, { users, acl }: MosquittoOptions): Promise<string[]> {
  const lines: string[] = []
  const add = async (key: string, content: readonly string[]) => {
    await writeFile(join(folder, key), `${content.join('\n')}\n`, { mode: 0o600 })
    lines.push(`${key} ${join(folder, key)}`)
  }
  if (users !== undefined) {
    await add('password_file', Object.entries(users).map(passwordLine))
    lines.push('allow_anonymous false')
  }
  if (acl !== undefined) await add('acl_file', acl)
  return lines
}

/** As `mosquitto_passwd` writes it: PBKDF2 with SHA-512. */
function passwordLine([user, password]: readonly [string, string]): string {
  const [salt, iterations] = [randomBytes(12), 101]
  const hash = pbkdf2Sync(password, salt, iterations, 64, 'sha512')
  return `${user}:$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}`
}

/** A running Mosquitto. */
export class Mosquitto extends OwnServer {
  static async start(folder: string, port: number, config: readonly string[]): Promise<Mosquitto> {
    const keys = new Set(config.map((line) => line.trim().split(/\s+/)[0]))
    const defaults = DEFAULTS.filter((line) => !keys.has(line.split(' ')[0]!))
    const lines = [`listener ${port} 127.0.0.1`, ...config, ...defaults, `persistence_location ${folder}/`]
    await writeFile(join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`)
    return new Mosquitto(folder, port, await launch(folder), () => launch(folder))
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`
  }
}

async function launch(folder: string): Promise<ServerProcess> {
  const args = ['-c', join(folder, 'mosquitto.conf')]
  return ServerProcess.start(await findBroker('mosquitto'), { args, ready: /mosquitto version \S+ running/ })
}
