import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findBroker } from './brokers.js'
import { OwnServer, startIn } from './own-server.js'
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

/** Starts a Redis of one's own on 127.0.0.1; resolves when it takes connections. */
export function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const taken = /Address already in use|bind/
  const place = { prefix: 'nemo-redis-', port: options.port, taken, choose: suitablePort }
  return startIn(place, (folder, port) => RedisServer.start(folder, port, options))
}

async function suitablePort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port + BUS_OFFSET <= HIGHEST_PORT) return port
  }
}

/** A running Redis. */
export class RedisServer extends OwnServer {
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
    return new RedisServer(folder, port, await launch(folder, sentinel), () => launch(folder, sentinel))
  }
}

async function launch(folder: string, sentinel: boolean): Promise<ServerProcess> {
  const args = [join(folder, 'redis.conf'), ...(sentinel ? ['--sentinel'] : [])]
  return ServerProcess.start(await findBroker('redis-server'), {
    args,
    ready: sentinel ? /Sentinel ID is/ : /Ready to accept connections/,
  })
}
