import type { AdapterContext, AdapterFactory, ProtocolAdapter } from '../../core/adapter/protocol-adapter.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { integrationFormat } from '../../wire/formats.js'
import { untilAborted } from '../abort.js'
import { atMost } from '../at-most.js'
import { ConnectAttempt } from '../connect-attempt.js'
import { ConnectionPool } from './connection-pool.js'
import { Dialer } from './dialer.js'
import { commandFailure, notConnected } from './failures.js'
import type { RedisConfig } from './manifest.js'
import { pubSubFacet } from './pubsub.js'
import { queueFacet } from './queue.js'
import { rpcFacet } from './rpc.js'
import { serviceFacet } from './service.js'
import { createSession, type Session } from './session.js'

/** How long `disconnect` waits for the entries in hand to be given back, in milliseconds. */
const GIVE_BACK_MS = 1_000

/** Redis: publish and subscribe, streams as queues, calls over streams. Requires Redis 6.2. */
export const redisAdapter: AdapterFactory = (context: AdapterContext): ProtocolAdapter => {
  const { settings, clock } = context
  // The manifest's schema has validated the settings and filled in the defaults.
  const config = settings.config as unknown as RedisConfig
  const format = integrationFormat(settings)
  const dialer = new Dialer(context, config)
  let session: Session | undefined
  const attempt = new ConnectAttempt()

  const current = () => {
    if (session === undefined) throw notConnected()
    return session
  }

  const onLost = (lost: ConnectionPool, error: IntegrationError) => {
    if (session?.pool !== lost) return
    session = undefined
    context.connectionLost(
      error instanceof ConnectionError ? error : new ConnectionError(error.message, { cause: error }),
    )
  }

  return {
    protocol: 'redis',

    async connect(signal) {
      const pool = await attempt.run(
        signal,
        (either) => ConnectionPool.open(dialer, config, clock, either, onLost),
        (made) => made.close(),
      )
      if (pool.ended !== undefined) throw pool.ended
      session = createSession(pool, context, config, format)
    },

    async disconnect() {
      attempt.interrupt()
      const closing = session
      session = undefined
      if (closing === undefined) return
      // After a disconnect the entries in hand cannot be settled. Give them back now, so that other consumers need not
      // wait for `claim_after`.
      await atMost(closing.giveBackAll(), GIVE_BACK_MS, clock)
      closing.pool.close()
    },

    async ping(signal) {
      const answer = current().pool.send(undefined, 'ping', [])
      await untilAborted(answer, signal, 'ping').catch((error: unknown) => {
        throw commandFailure(error, (reason, about) => new ConnectionError(reason, about))
      })
    },

    pool: () => session?.pool.figures() ?? { size: 0, idle: 0, inUse: 0, pending: 0, max: config.pool_size },

    pubsub: pubSubFacet(current, config.sharded),
    queue: queueFacet(current, config, context.random),
    rpc: rpcFacet(current, format, config, clock),
    service: serviceFacet(current, format, context.log),
  }
}
