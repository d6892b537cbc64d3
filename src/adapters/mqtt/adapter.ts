import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter.js'
import { ConnectionError, IntegrationError } from '../../core/errors.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
import { Dialer } from './client/dialer.js'
import { type Connection, ConnectionMemory, establish } from './connection.js'
import { notConnected } from './link.js'
import type { MqttConfig } from './manifest.js'
import { pubSubFacet } from './pubsub.js'
import { queueFacet } from './queue.js'
import { rpcFacet } from './rpc.js'
import { serviceFacet } from './service.js'

/** MQTT 5 and 3.1.1 (DESIGN section 3). One connection at a time, of one to four sockets (see `Link`). */
export const mqttAdapter: AdapterFactory = (context: AdapterContext): ProtocolAdapter => {
  const { settings, clock, log } = context
  // Checked and completed by the manifest's schema.
  const config = settings.config as unknown as MqttConfig
  const format = integrationFormat(settings)
  const dialer = new Dialer(context, config)
  const memory = new ConnectionMemory()
  let connection: Connection | undefined
  /** Ends the attempt that `disconnect` interrupts. */
  let attempt: AbortController | undefined

  const link = () => {
    if (connection === undefined) throw notConnected()
    return connection.link
  }

  return {
    protocol: 'mqtt',

    async connect(signal) {
      const own = new AbortController()
      attempt = own
      const made = await establish(
        { context, config, dialer, memory, format },
        AbortSignal.any([signal, own.signal]),
        (lost, error) => {
          if (connection !== lost) return
          connection = undefined
          context.connectionLost(
            error instanceof ConnectionError ? error : new ConnectionError(error.message, { cause: error }),
          )
        },
      )
      if (own.signal.aborted) {
        await made.close()
        throw new ConnectionError('disconnected while connecting')
      }
      const lost = made.lost()
      if (lost !== undefined) throw lost
      connection = made
    },

    async disconnect() {
      attempt?.abort(new ConnectionError('disconnected while connecting'))
      dialer.close()
      const closing = connection
      connection = undefined
      await closing?.close()
    },

    async ping(signal) {
      const { session } = link()
      await untilAborted(session.ping(), signal, 'ping')
      if (session.closed !== undefined)
        throw session.closed instanceof IntegrationError ? session.closed : notConnected()
    },

    rpc: rpcFacet(link, format),
    pubsub: pubSubFacet(link, config.qos),
    queue: queueFacet(link, config),
    service: serviceFacet(link, format, config.queue_group, () => clock.monotonic(), log),
  }
}
