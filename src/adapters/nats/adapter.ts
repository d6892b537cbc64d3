import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
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
  // Checked and completed by the manifest's schema.
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
  /** Ends the attempt that `disconnect` interrupts. */
  let attempt: AbortController | undefined

  const current = () => {
    if (connections === undefined) throw notConnected()
    return connections
  }

  return {
    protocol: 'nats',

    async connect(signal) {
      const own = new AbortController()
      attempt = own
      const made = await ConnectionSet.open(
        {
          context,
          config,
          dialer,
          counts,
          onLost(lost, error) {
            if (connections !== lost) return
            connections = undefined
            context.connectionLost(error)
          },
        },
        AbortSignal.any([signal, own.signal]),
      )
      if (own.signal.aborted) {
        await made.close()
        throw new ConnectionError('disconnected while connecting')
      }
      if (made.main.closed !== undefined) throw made.main.closed
      connections = made
    },

    async disconnect() {
      attempt?.abort(new ConnectionError('disconnected while connecting'))
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
