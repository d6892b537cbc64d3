import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
import { Dialer } from './dialer.js'
import { commandFailure, notConnected } from './failures.js'
import { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import { pubSubFacet } from './pubsub.js'
import { queueFacet } from './queue.js'
import { rpcFacet } from './rpc.js'
import { serviceFacet } from './service.js'
import { createSession, type Session } from './session.js'

/** Giving back what is in hand may take so long at the end of a connection, in milliseconds. */
const ABANDON_MS = 1_000

/** Redis: publish and subscribe, streams as queues, calls over streams. Needs Redis 6.2. */
export const redisAdapter: AdapterFactory = (context: AdapterContext): ProtocolAdapter => {
  const { settings, clock } = context
  // Checked and completed by the manifest's schema.
  const config = settings.config as unknown as RedisConfig
  const format = integrationFormat(settings)
  const dialer = new Dialer(context, config)
  let session: Session | undefined
  /** Ends the attempt that `disconnect` interrupts. */
  let attempt: AbortController | undefined

  const current = () => {
    if (session === undefined) throw notConnected()
    return session
  }

  return {
    protocol: 'redis',

    async connect(signal) {
      const own = new AbortController()
      attempt = own
      const link = await Link.open(
        dialer,
        config,
        clock,
        AbortSignal.any([signal, own.signal]),
        (lost, error) => {
          if (session?.link !== lost) return
          session = undefined
          context.connectionLost(
            error instanceof ConnectionError ? error : new ConnectionError(error.message, { cause: error }),
          )
        },
      )
      if (own.signal.aborted) {
        link.close()
        throw new ConnectionError('disconnected while connecting')
      }
      if (link.ended !== undefined) throw link.ended
      session = createSession(link, context, config, format)
    },

    async disconnect() {
      attempt?.abort(new ConnectionError('disconnected while connecting'))
      const closing = session
      session = undefined
      if (closing === undefined) return
      // What is in hand now cannot be settled any more: other processes need not wait until it is claimed.
      await within(clock, ABANDON_MS, closing.abandon())
      closing.link.close()
    },

    async ping(signal) {
      const answer = current().link.send(undefined, 'ping', [])
      await untilAborted(answer, signal, 'ping').catch((error: unknown) => {
        throw commandFailure(error, (reason, about) => new ConnectionError(reason, about))
      })
    },

    pool: () => session?.link.figures() ?? { size: 0, idle: 0, inUse: 0, pending: 0, max: config.pool_size },

    pubsub: pubSubFacet(current, config.sharded),
    queue: queueFacet(current, config, context.random),
    rpc: rpcFacet(current, format, config, clock),
    service: serviceFacet(current, format, context.log),
  }
}

/** Waits for `work`, but no longer than so many milliseconds. */
function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(ms, resolve, { background: true })
    work.finally(() => {
      timer.cancel()
      resolve()
    })
  })
}
