import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBroker } from './brokers.js'
import { freePort, ServerProcess } from './server-process.js'

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

const BIND_ATTEMPTS = 5

/** Starts a Mosquitto of one's own on 127.0.0.1; resolves when it takes connections. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-mosquitto-'))
  const config = [...(options.config ?? []), ...(await accessControl(folder, options))]
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    try {
      return await Mosquitto.start(folder, port, config)
    } catch (error) {
      // Somebody else may have taken the free port in the meantime.
      const taken = options.port === undefined && String(error).includes('Address already in use')
      if (taken && attempt < BIND_ATTEMPTS) continue
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }
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
export class Mosquitto {
  readonly port: number
  /** Gone after `stop`; for files that its configuration names. */
  readonly folder: string
  #server: ServerProcess

  private constructor(folder: string, port: number, server: ServerProcess) {
    this.folder = folder
    this.port = port
    this.#server = server
  }

  static async start(folder: string, port: number, config: readonly string[]): Promise<Mosquitto> {
    const keys = new Set(config.map((line) => line.trim().split(/\s+/)[0]))
    const defaults = DEFAULTS.filter((line) => !keys.has(line.split(' ')[0]!))
    const lines = [`listener ${port} 127.0.0.1`, ...config, ...defaults, `persistence_location ${folder}/`]
    await writeFile(join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`)
    return new Mosquitto(folder, port, await launch(folder))
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#server.pid
  }

  /** What the present process has logged. */
  get log(): string {
    return this.#server.log
  }

  get running(): boolean {
    return this.#server.running
  }

  /** Freezes it: connections stay open, nothing answers. */
  pause(): void {
    this.#server.pause()
  }

  resume(): void {
    this.#server.resume()
  }

  /** A crash: the process is gone when this resolves. `restart` brings it back. */
  kill(): Promise<void> {
    return this.#server.kill()
  }

  /** Starts it again on its port and with its files, after an orderly stop if it is running. */
  async restart(): Promise<void> {
    await this.#server.stop()
    this.#server = await launch(this.folder)
  }

  /** Ends it and removes its files. */
  async stop(): Promise<void> {
    await this.#server.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

async function launch(folder: string): Promise<ServerProcess> {
  const args = ['-c', join(folder, 'mosquitto.conf')]
  return ServerProcess.start(await findBroker('mosquitto'), { args, ready: /mosquitto version \S+ running/ })
}
