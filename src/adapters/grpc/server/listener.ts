import { isIPv6 } from 'node:net'
import { Server, type ServerOptions } from '@grpc/grpc-js'
import type { AdapterContext } from '../../../core/adapter.js'
import { sleep } from '../../../core/clock.js'
import { ConnectionError } from '../../../core/errors.js'
import type { ListenAddress } from '../../../core/status.js'
import { wireFormat } from '../../../wire/wire-format.js'
import type { GrpcServerConfig } from '../manifest.js'
import { Methods } from '../methods.js'
import { configuredSchema } from '../schema-source.js'
import { listenerCredentials } from './credentials.js'
import { HealthService } from './health.js'
import { serveReflection } from './reflection.js'

/** How long answers may take to be sent after `close`, in milliseconds. */
const CLOSE_GRACE_MS = 1_000
const ALGORITHMS = { none: 0, deflate: 1, gzip: 2 } as const

/** A server that takes calls. */
export interface Listener {
  readonly server: Server
  readonly methods: Methods
  readonly health: HealthService
  readonly address: ListenAddress
  /** Whether it takes no more calls. */
  readonly isDraining: boolean
  /** Takes no more connections and calls, and asks callers to leave (GOAWAY). Calls under way may be answered. Idempotent. */
  drain(): void
  /** Drains it, waits for a moment until the last answers have left, and ends all connections. Never throws. */
  close(): Promise<void>
}

/**
 * Listens at the address of the settings.
 * @throws ConnectionError when that cannot be, SerializeError for a schema that is none
 */
export async function listen(context: AdapterContext, config: GrpcServerConfig): Promise<Listener> {
  const { settings, clock, log } = context
  const { name: integration, format, limits, listen: at } = settings
  const maxBytes = limits.frame
  if (at === undefined)
    throw new ConnectionError('there is no address to listen on', { integration, retryable: false })
  const schema = await configuredSchema(config, integration)
  if (schema === undefined && format === 'protobuf')
    throw new ConnectionError('protobuf needs a schema: expected "proto" or "descriptor_set" in the config', {
      integration,
      retryable: false,
    })
  const { credentials, close: closeCredentials } = await listenerCredentials(at.tls, context)
  const options: ServerOptions = {
    // Channelz stays on: without it the library forgets its connections, and cannot end them.
    'grpc.max_receive_message_length': maxBytes,
    'grpc.max_send_message_length': maxBytes,
    'grpc.max_concurrent_streams': config.max_streams,
    'grpc.default_compression_algorithm': ALGORITHMS[config.compression],
  }
  const server = new Server(options)
  const health = new HealthService()
  if (config.health) health.register(server)
  if (config.reflection && schema !== undefined) serveReflection(server, schema)
  const address = `${isIPv6(at.address) ? `[${at.address}]` : at.address}:${at.port}`
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound)
      else reject(new ConnectionError(`cannot listen on ${address}: ${error.message}`, { integration }))
    }),
  ).catch((error: unknown) => {
    closeCredentials()
    server.forceShutdown()
    throw error
  })
  log({ level: 'info', message: `listening on ${at.address} port ${port}`, port })
  const plain = format === 'protobuf' ? undefined : wireFormat(format, { maxBytes })
  let drained: Promise<void> | undefined
  const drain = () => {
    if (drained !== undefined) return drained
    health.close()
    drained = new Promise((resolve) => server.tryShutdown(() => resolve()))
    return drained
  }
  return {
    server,
    methods: new Methods({ schema, plain, service: undefined, maxBytes }),
    health,
    address: { address: at.address, port },
    get isDraining() {
      return drained !== undefined
    },
    drain: () => void drain(),
    async close() {
      closeCredentials()
      const waited = new AbortController()
      await Promise.race([drain(), sleep(clock, CLOSE_GRACE_MS, waited.signal).catch(() => {})])
      waited.abort()
      server.forceShutdown()
    },
  }
}
