import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter.js'
import { ConnectionError, IntegrationError } from '../../core/errors.js'
import type { TlsSettings } from '../../core/settings.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
import { SecretMask } from '../secret-mask.js'
import { readTlsOptions } from '../tls.js'
import type { BrokerAddress } from './client/address.js'
import { Dialer } from './client/dialer.js'
import { AttemptExpired, ConnectionEnded } from './client/errors.js'
import { type Connection, establish } from './connection.js'
import { ConnectionMemory } from './connection-memory.js'
import { brokerAddress } from './endpoint.js'
import { connectionError } from './errors.js'
import { notConnected } from './link.js'
import { Login } from './login.js'
import type { MqttConfig } from './manifest.js'
import { pubSubFacet } from './pubsub.js'
import { queueFacet } from './queue.js'
import { rpcFacet } from './rpc.js'
import { serviceFacet } from './service.js'
import { TakenOver } from './taken-over.js'

const SERVER_ONLY: TlsSettings = { verifyServer: true }
/** The share of the time for an attempt after which we say what it waited for; then the actor gives it up. */
const PATIENCE = 0.95
const VERSIONS = { auto: 'auto', '3.1.1': 4, 5: 5 } as const

/** MQTT 5 and 3.1.1. One connection at a time, of several sockets (see `Link`). */
export const mqttAdapter: AdapterFactory = (context: AdapterContext): ProtocolAdapter => {
  const { settings, clock, log } = context
  // Checked and completed by the manifest's schema.
  const config = settings.config as unknown as MqttConfig
  const format = integrationFormat(settings)
  const login = new Login(context, config)
  const dialer = new Dialer({
    version: VERSIONS[config.protocol_version],
    keepAliveMs: config.keep_alive,
    maxFrame: settings.limits.frame,
    clock,
    credentials: (signal) => login.credentials(signal),
    credentialsRefused: (credentials) => login.refused(credentials),
    maskOf: ({ username, password }) => {
      const mask = new SecretMask([password, `${username ?? ''}:${password}`])
      return (text) => mask.text(text)
    },
    tls: () => readTlsOptions(settings.endpoint.tls ?? SERVER_ONLY, log),
  })
  const memory = new ConnectionMemory(clock, context.random, context.kept)
  const takenOver = new TakenOver(clock)
  let connection: Connection | undefined
  let attempts = 0
  /** Ends the attempt that `disconnect` interrupts. */
  let attempt: AbortController | undefined

  const link = () => {
    if (connection === undefined) throw notConnected()
    return connection.link
  }

  /** Each attempt tries the next address. */
  const nextAddress = (): BrokerAddress => {
    const { endpoint } = settings
    const addresses = endpoint.addresses.length > 0 ? endpoint.addresses : ['localhost']
    return brokerAddress(addresses[attempts++ % addresses.length]!, endpoint)
  }

  const onLost = (lost: Connection, error: Error) => {
    if (connection !== lost) return
    connection = undefined
    const known = connectionError(takenOver.explain(error))
    context.connectionLost(
      known instanceof ConnectionError ? known : new ConnectionError(known.message, { cause: known }),
    )
  }

  return {
    protocol: 'mqtt',

    async connect(signal) {
      const own = new AbortController()
      attempt = own
      const limitMs = Math.floor(settings.timeoutMs * PATIENCE)
      const timer = clock.setTimer(limitMs, () => own.abort(new AttemptExpired(limitMs)))
      const made = await establish(
        { context, config, dialer, memory, format },
        nextAddress(),
        AbortSignal.any([signal, own.signal]),
        onLost,
      ).finally(() => timer.cancel())
      if (own.signal.aborted) {
        await made.close()
        throw new ConnectionError('disconnected while connecting')
      }
      const lost = made.lost()
      if (lost !== undefined) throw connectionError(lost)
      connection = made
      takenOver.connected()
    },

    async disconnect() {
      attempt?.abort(new ConnectionError('disconnected while connecting'))
      login.close()
      const closing = connection
      connection = undefined
      await closing?.close()
      memory.main.outgoing.abandon(new ConnectionEnded('the connection was ended'))
    },

    async ping(signal) {
      const { session } = link()
      await untilAborted(session.ping(), signal, 'ping')
      const { closed } = session
      if (closed !== undefined) throw closed instanceof IntegrationError ? closed : connectionError(closed)
    },

    rpc: rpcFacet(link, format),
    pubsub: pubSubFacet(link, config.qos),
    queue: queueFacet(link, config, context.random),
    service: serviceFacet(link, format, config.queue_group, () => clock.monotonic(), log),
  }
}
