import { connect } from '@nats-io/transport-node'
import { Redis } from 'ioredis'
import type { Side } from '../measure/compare.js'

/** A plain program that publishes to Redis what it receives from NATS: both clients on the main thread. */
export async function plainRoute(natsPort: number, redisPort: number, pattern: string): Promise<Side> {
  const nats = await connect({ servers: `127.0.0.1:${natsPort}` })
  const redis = new Redis({ host: '127.0.0.1', port: redisPort, enableAutoPipelining: true })
  return {
    async begin() {
      let count = 0
      let failure: unknown
      const subscription = nats.subscribe(pattern, {
        callback: (error, { subject, data }) => {
          if (error !== null) throw error
          redis.publish(subject, data as Buffer).then(
            () => count++,
            (failed: unknown) => {
              failure = failed
            },
          )
        },
      })
      await nats.flush()
      return {
        count() {
          if (failure !== undefined) throw failure
          return count
        },
        async stop() {
          subscription.unsubscribe()
          await nats.flush()
        },
      }
    },
    async close() {
      await nats.close()
      redis.disconnect()
    },
  }
}
