import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBroker } from './brokers.js'
import { freePort, ServerProcess } from './server-process.js'

export interface RedisServerOptions {
  /** Lines for redis.conf; a key that is set here is not among the defaults. */
  readonly config?: readonly string[]
  /** A free one when absent. */
  readonly port?: number
  /** Speaks TLS on the port, and nothing else: paths of files. */
  readonly tls?: {
    readonly cert: string
    readonly key: string
    readonly ca: string
    readonly clients: 'yes' | 'no'
  }
  /** Runs as a sentinel; `config` says what it watches. */
  readonly sentinel?: boolean
}

/** What a test gets unless its `config` has the same key. */
const DEFAULTS = [
  'bind 127.0.0.1',
  'save ""',
  'appendonly no',
  'loglevel notice',
  'daemonize no',
  'databases 16',
]
const SENTINEL_DEFAULTS = ['bind 127.0.0.1', 'loglevel notice', 'daemonize no']
/** A cluster's bus has the port of the server and this much more; it must be a port too. */
const BUS_OFFSET = 10_000
const HIGHEST_PORT = 65_535
const BIND_ATTEMPTS = 5

/** Starts a Redis of one's own on 127.0.0.1; resolves when it takes connections. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'nemo-redis-'))
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await suitablePort())
    try {
      return await RedisServer.start(folder, port, options)
    } catch (error) {
      // Somebody else may have taken the free port in the meantime.
      const taken = options.port === undefined && /Address already in use|bind/.test(String(error))
      if (taken && attempt < BIND_ATTEMPTS) continue
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }
}

async function suitablePort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port + BUS_OFFSET <= HIGHEST_PORT) return port
  }
}

/** A running Redis. */
export class RedisServer {
  readonly port: number
  /** Gone after `stop`. */
  readonly folder: string
  readonly #sentinel: boolean
  #server: ServerProcess

  private constructor(folder: string, port: number, sentinel: boolean, server: ServerProcess) {
    this.folder = folder
    this.port = port
    this.#sentinel = sentinel
    this.#server = server
  }

  static async start(folder: string, port: number, options: RedisServerOptions): Promise<RedisServer> {
    const { config = [], tls, sentinel = false } = options
    const keys = new Set(config.map((line) => line.trim().split(/\s+/)[0]))
    const defaults = (sentinel ? SENTINEL_DEFAULTS : DEFAULTS).filter(
      (line) => !keys.has(line.split(' ')[0]!),
    )
    const ports = tls === undefined ? [`port ${port}`] : ['port 0', `tls-port ${port}`]
    const files = tls && [
      `tls-cert-file ${tls.cert}`,
      `tls-key-file ${tls.key}`,
      `tls-ca-cert-file ${tls.ca}`,
      `tls-auth-clients ${tls.clients}`,
    ]
    const lines = [...ports, `dir ${folder}`, ...defaults, ...(files ?? []), ...config]
    await writeFile(join(folder, 'redis.conf'), `${lines.join('\n')}\n`)
    return new RedisServer(folder, port, sentinel, await launch(folder, sentinel))
  }

  get pid(): number {
    return this.#server.pid
  }

  /** What the present process has logged. */
  get log(): string {
    return this.#server.log
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
    this.#server = await launch(this.folder, this.#sentinel)
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

async function launch(folder: string, sentinel: boolean): Promise<ServerProcess> {
  const args = [join(folder, 'redis.conf'), ...(sentinel ? ['--sentinel'] : [])]
  return ServerProcess.start(await findBroker('redis-server'), {
    args,
    ready: sentinel ? /Sentinel ID is/ : /Ready to accept connections/,
  })
}
