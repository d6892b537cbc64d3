import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter.js'
import { ConnectionError } from '../../core/errors.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
import { Connection } from './connection.js'
import { Dialer } from './dialer.js'
import { Discovery } from './discovery.js'
import { notConnected } from './failures.js'
import type { NatsConfig } from './manifest.js'
import { pubSubFacet } from './pubsub.js'
import { queueFacet } from './queue.js'
import { rpcFacet } from './rpc.js'
import { serviceFacet } from './service.js'
import { Subjects } from './subjects.js'

/** NATS with JetStream (DESIGN section 3). One connection at a time, of one to three links (see `Connection`). */
export const natsAdapter: AdapterFactory = (context: AdapterContext): ProtocolAdapter => {
  const { settings, clock, log } = context
  // Checked and completed by the manifest's schema.
  const config = settings.config as unknown as NatsConfig
  const format = integrationFormat(settings)
  const subjects = new Subjects(config.topic_style)
  const dialer = new Dialer(context, config)
  const discovery = new Discovery(config.service, settings.name, clock)
  let connection: Connection | undefined
  /** Ends the attempt that `disconnect` interrupts. */
  let attempt: AbortController | undefined

  const current = () => {
    if (connection === undefined) throw notConnected()
    return connection
  }

  return {
    protocol: 'nats',

    async connect(signal) {
      const own = new AbortController()
      attempt = own
      const made = await Connection.open(
        context,
        config,
        dialer,
        (lost, error) => {
          if (connection !== lost) return
          connection = undefined
          context.connectionLost(error)
        },
        AbortSignal.any([signal, own.signal]),
      )
      if (own.signal.aborted) {
        await made.close()
        throw new ConnectionError('disconnected while connecting')
      }
      if (made.main.closed !== undefined) throw made.main.closed
      connection = made
    },

    async disconnect() {
      attempt?.abort(new ConnectionError('disconnected while connecting'))
      const closing = connection
      connection = undefined
      dialer.close()
      await closing?.close()
    },

    async ping(signal) {
      await untilAborted(current().main.ping(), signal, 'ping')
    },

    rpc: rpcFacet(current, format, subjects),
    pubsub: pubSubFacet(current, config, subjects, log),
    queue: queueFacet({ connection: current, config, subjects, timeoutMs: settings.timeoutMs, clock, log }),
    service: serviceFacet({ connection: current, config, format, subjects, discovery, clock, log }),
  }
}
