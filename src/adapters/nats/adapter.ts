import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import type { ConnectionError } from '../../core/errors/connection.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
import { ConnectAttempt } from '../connect-attempt.js'
import { SecretMask } from '../secret-mask.js'
import { Dialer } from './client/dialer.js'
import { notConnected } from './client/failures.js'
import { ConnectionSet } from './connection-set.js'
import { credentialsOf } from './credentials.js'
import { Discovery } from './discovery.js'
import type { NatsConfig } from './manifest.js'
import { pubSubFacet } from './pubsub.js'
import { queueFacet } from './queue.js'
import { rpcFacet } from './rpc.js'
import { serviceFacet } from './service.js'
import { Subjects } from './subjects.js'
import { UndeliveredCounts } from './undelivered-counts.js'

/** NATS with JetStream, over one to three connections to the same server (see `ConnectionSet`). */
export const natsAdapter: AdapterFactory = (context: AdapterContext): ProtocolAdapter => {
  const { settings, clock, log } = context
  // The manifest's schema has validated the settings and filled in the defaults.
  const config = settings.config as unknown as NatsConfig
  const format = integrationFormat(settings)
  const subjects = new Subjects(config.topic_style)
  const credentials = credentialsOf(context)
  const dialer = new Dialer({
    maskOf: (secrets) => new SecretMask(secrets),
    endpoint: settings.endpoint,
    credentials,
    clock,
    log,
    name: config.name ?? context.clientId,
    maxFrame: settings.limits.frame,
    pingIntervalMs: config.ping_interval,
    timeoutMs: settings.timeoutMs,
  })
  const discovery = new Discovery(config.service, settings.name, clock, context.random)
  const counts = new UndeliveredCounts(config.inbox_prefix, context.clientId)
  let connections: ConnectionSet | undefined
  const attempt = new ConnectAttempt()

  const current = () => {
    if (connections === undefined) throw notConnected()
    return connections
  }

  const onLost = (lost: ConnectionSet, error: ConnectionError) => {
    if (connections !== lost) return
    connections = undefined
    context.connectionLost(error)
  }

  return {
    protocol: 'nats',

    async connect(signal) {
      const made = await attempt.run(
        signal,
        (either) => ConnectionSet.open({ context, config, dialer, counts, onLost }, either),
        (late) => late.close(),
      )
      if (made.main.closed !== undefined) throw made.main.closed
      connections = made
    },

    async disconnect() {
      attempt.interrupt()
      const closing = connections
      connections = undefined
      credentials.close()
      await closing?.close()
    },

    async ping(signal) {
      await untilAborted(current().ping(), signal, 'ping')
    },

    rpc: rpcFacet(current, format, subjects),
    pubsub: pubSubFacet({ connections: current, config, subjects, context }),
    queue: queueFacet({ connections: current, config, subjects, counts, context }),
    service: serviceFacet({ connections: current, config, format, subjects, discovery, clock, log }),
  }
}
