import { isIPv6, type Server as NetServer } from 'node:net'
import { Server, type ServerOptions } from '@grpc/grpc-js'
import { sharedController } from '../../../core/abort.js'
import type { AdapterContext } from '../../../core/adapter/protocol-adapter.js'
import { sleep } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors/connection.js'
import type { ListenAddress } from '../../../core/status.js'
import { wireFormat } from '../../../wire/wire-format.js'
import { CallerRates } from '../../caller-rates.js'
import { limitConnections } from '../../connection-limits.js'
import { listenReason } from '../../listen-reason.js'
import { RareWarning } from '../../rare-warning.js'
import { Refusals } from '../../refusals.js'
import type { GrpcServerConfig } from '../manifest.js'
import { Methods } from '../methods.js'
import { configuredSchema } from '../schema-source.js'
import { TurnQuota } from '../turn-quota.js'
import { CallerMemory } from './caller-memory.js'
import { listenerCredentials } from './credentials.js'
import { Guard } from './guard.js'
import { HealthService } from './health.js'
import { countIncoming } from './incoming.js'
import type { Limiters } from './limiters.js'
import { serveReflection } from './reflection.js'

/** How long the last answers may take to be sent after `close`, in milliseconds. */
const CLOSE_GRACE_MS = 1_000
const ALGORITHMS = { none: 0, deflate: 1, gzip: 2 } as const

/** A listening server. */
export interface Listener extends Limiters {
  readonly server: Server
  readonly methods: Methods
  readonly guard: Guard
  readonly health: HealthService
  readonly memory: CallerMemory
  readonly turns: TurnQuota
  /** Warns of answers that are dropped. */
  readonly dropped: RareWarning
  readonly address: ListenAddress
  /** Whether the server refuses new calls. */
  readonly isDraining: boolean
  /**
   * Refuses new connections and calls and asks callers to disconnect (GOAWAY). Calls in flight may still be
   * answered. Idempotent.
   */
  drain(): void
  /**
   * Drains the server, waits up to `CLOSE_GRACE_MS` for the last answers, and closes all connections. Never throws.
   */
  close(): Promise<void>
}

/**
 * Starts listening at the configured address.
 * @throws ConnectionError if the address or a file is unusable; SerializeError for an invalid schema
 */
export async function listen(context: AdapterContext, config: GrpcServerConfig): Promise<Listener> {
  const { settings, clock } = context
  const { name: integration, format, limits, listen: at } = settings
  const maxBytes = limits.frame
  if (at === undefined)
    throw new ConnectionError('the server needs an address: set listen.port', {
      integration,
      retryable: false,
    })
  const schema = await configuredSchema(config, integration)
  if (schema === undefined && format === 'protobuf')
    throw new ConnectionError('protobuf needs a schema: set "proto" or "descriptor_set" in the config', {
      integration,
      retryable: false,
    })
  const { credentials, close: closeCredentials } = await listenerCredentials(at.tls, context)
  const memory = new CallerMemory(context.budget)
  const options: ServerOptions = {
    interceptors: [countIncoming(memory, maxBytes)],
    // Channelz stays on, because without it grpc-js loses track of its connections and cannot close them.
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_send_message_length': maxBytes,
    'grpc.max_concurrent_streams': config.max_streams,
    'grpc.default_compression_algorithm': ALGORITHMS[config.compression],
    'grpc.keepalive_time_ms': config.keepalive.time,
    'grpc.keepalive_timeout_ms': config.keepalive.timeout,
    ...(config.max_connection_idle !== undefined && {
      'grpc.max_connection_idle_ms': config.max_connection_idle,
    }),
    ...(config.max_connection_age !== undefined && {
      'grpc.max_connection_age_ms': config.max_connection_age,
      'grpc.max_connection_age_grace_ms': config.max_connection_age_grace,
    }),
  }
  const server = new Server(options)
  const health = new HealthService()
  if (config.health) health.register(server)
  const plain = format === 'protobuf' ? undefined : wireFormat(format, { maxBytes })
  const methods = new Methods({ schema, plain, service: undefined, maxBytes })
  const refusals = new Refusals(context)
  const rates = limits.rate && new CallerRates(limits.rate, clock)
  const guard = new Guard(context, methods, { refusals, rates })
  guard.hideUnknown(server)
  if (config.reflection && schema !== undefined) serveReflection(server, schema, guard)
  const address = `${isIPv6(at.address) ? `[${at.address}]` : at.address}:${at.port}`
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound)
      else
        reject(
          new ConnectionError(`cannot listen at ${at.address}, port ${at.port}: ${listenReason(error)}`, {
            integration,
            cause: error,
          }),
        )
    }),
  ).catch((error: unknown) => {
    closeCredentials()
    server.forceShutdown()
    throw error
  })
  for (const http2Server of http2ServersOf(server)) limitConnections(http2Server, limits, refusals)
  // If the thread exits with open HTTP/2 sessions, Node reads them once more without JavaScript and aborts the process.
  const closeAtExit = () => server.forceShutdown()
  process.on('exit', closeAtExit)
  let drained: Promise<void> | undefined
  const drain = () => {
    if (drained !== undefined) return drained
    health.close()
    drained = new Promise((resolve) => server.tryShutdown(() => resolve()))
    return drained
  }
  return {
    server,
    refusals,
    rates,
    methods,
    guard,
    health,
    memory,
    turns: new TurnQuota(clock),
    dropped: new RareWarning(context.log, clock),
    address: { address: at.address, port },
    get isDraining() {
      return drained !== undefined
    },
    drain: () => void drain(),
    async close() {
      closeCredentials()
      const waited = sharedController()
      await Promise.race([drain(), sleep(clock, CLOSE_GRACE_MS, waited.signal).catch(() => {})])
      waited.abort()
      server.forceShutdown()
      process.off('exit', closeAtExit)
      refusals.flush()
    },
  }
}

/** The sockets that a server of grpc-js listens at, which it does not publish. */
function http2ServersOf(server: Server): Iterable<NetServer> {
  return (server as unknown as { readonly http2Servers: ReadonlyMap<NetServer, unknown> }).http2Servers.keys()
}
