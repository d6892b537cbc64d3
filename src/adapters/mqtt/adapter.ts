import { sharedController, sharedSignal } from '../../core/abort.js'
import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import type { TlsSettings } from '../../core/settings/tls.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
import { ConnectAttempt } from '../connect-attempt.js'
import { explained } from '../handshake.js'
import { SecretMask } from '../secret-mask.js'
import { readTlsOptions } from '../tls.js'
import type { BrokerAddress } from './client/address.js'
import { Dialer } from './client/dialer.js'
import { AttemptExpired, ConnectionEnded } from './client/errors.js'
import { ClientIdConflict } from './client-id-conflict.js'
import { type Connection, establish } from './connection.js'
import { ConnectionMemory } from './connection-memory.js'
import { notConnected } from './connection-resources.js'
import { brokerAddress } from './endpoint.js'
import { connectionError } from './errors.js'
import { Login } from './login.js'
import type { MqttConfig } from './manifest.js'
import { queueClientId } from './orphans.js'
import { pubSubFacet } from './pubsub.js'
import { queueFacet } from './queue.js'
import { rpcFacet } from './rpc.js'
import { serviceFacet } from './service.js'

const SERVER_ONLY: TlsSettings = { verifyServer: true }
/**
 * The share of the attempt's time-out after which it fails with what it was waiting for. After the whole time-out the
 * actor ends it without that detail.
 */
const ATTEMPT_SHARE = 0.95
const VERSIONS = { auto: 'auto', '3.1.1': 4, 5: 5 } as const

/** MQTT 5 and 3.1.1. One connection of the actor consists of several sessions (see `ConnectionResources`). */
export const mqttAdapter: AdapterFactory = (context: AdapterContext): ProtocolAdapter => {
  const { settings, clock, log } = context
  // The manifest's schema has validated the settings and filled in the defaults.
  const config = settings.config as unknown as MqttConfig
  const clientId = config.client_id ?? context.clientId
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
    lookup: settings.endpoint.lookup,
    onTlsSocket: explained,
  })
  const memory = new ConnectionMemory(clock, context.random, !config.clean_session, context.kept)
  const clientIdConflict = new ClientIdConflict(clock)
  let connection: Connection | undefined
  let attempts = 0
  const attempt = new ConnectAttempt()

  const current = () => {
    if (connection === undefined) throw notConnected()
    return connection.resources
  }

  /** Returns the next address of the endpoint, so that each attempt tries another one. */
  const nextAddress = (): BrokerAddress => {
    const { endpoint } = settings
    const addresses = endpoint.addresses.length > 0 ? endpoint.addresses : ['localhost']
    return brokerAddress(addresses[attempts++ % addresses.length]!, endpoint)
  }

  const onLost = (lost: Connection, error: Error) => {
    if (connection !== lost) return
    connection = undefined
    const known = connectionError(clientIdConflict.explain(error))
    context.connectionLost(
      known instanceof ConnectionError ? known : new ConnectionError(known.message, { cause: known }),
    )
  }

  return {
    protocol: 'mqtt',

    async connect(signal) {
      const address = nextAddress()
      const expiry = sharedController()
      const limitMs = Math.floor(settings.timeoutMs * ATTEMPT_SHARE)
      const timer = clock.setTimer(limitMs, () => expiry.abort(new AttemptExpired(limitMs)))
      const made = await attempt
        .run(
          sharedSignal([signal, expiry.signal]),
          (either) => establish({ context, config, dialer, memory, format }, address, either, onLost),
          (late) => late.close(),
        )
        .finally(() => timer.cancel())
      const lost = made.lost()
      if (lost !== undefined) throw connectionError(lost)
      connection = made
      clientIdConflict.connected()
    },

    async disconnect(endsSessions = false) {
      attempt.interrupt()
      login.close()
      const closing = connection
      connection = undefined
      await closing?.close(endsSessions)
      memory.main.outgoing.abandon(new ConnectionEnded('disconnected'))
    },

    async ping(signal) {
      const { session } = current()
      await untilAborted(session.ping(), signal, 'ping')
      const { closed } = session
      if (closed !== undefined) throw closed instanceof IntegrationError ? closed : connectionError(closed)
    },

    left: () => [
      ...[...memory.queues.keys()].map((queue) => ({ clientId: queueClientId(clientId, queue), queue })),
      ...memory.left.all,
    ],

    async adopt({ clientId: earlier, queue }) {
      const resources = connection?.resources
      const sessions =
        queue !== undefined
          ? [memory.left.add(earlier, queue)]
          : (resources?.queues.queues ?? []).map((each) =>
              memory.left.add(queueClientId(earlier, each), each),
            )
      resources?.queues.adoptLeft()
      await Promise.all(sessions)
    },

    rpc: rpcFacet(current, format, () => clock.monotonic()),
    pubsub: pubSubFacet(current, config.qos),
    queue: queueFacet(current, config, context.random),
    service: serviceFacet(current, format, config.queue_group, () => clock.monotonic(), log),
  }
}
