import type { QueueFacet } from '../../core/adapter/queue-facet.js'
import { DequeueError, EnqueueError } from '../../core/errors/queue.js'
import type { Random } from '../../core/random.js'
import { untilAborted } from '../abort.js'
import { runScript } from './commands.js'
import { toFields } from './entry.js'
import type { Failure } from './failures.js'
import type { RedisConfig } from './manifest.js'
import { queueKeys } from './queue-keys.js'
import { SEND_LATER } from './queue-scripts.js'
import type { Session } from './session.js'

/**
 * Queues: streams shared by a consumer group, in which an entry stays pending until it is acknowledged
 * (https://redis.io/docs/latest/develop/data-types/streams/). A delayed message waits in a sorted set and gets its
 * entry id when it is due.
 */
export function queueFacet(current: () => Session, config: RedisConfig, random: Random): QueueFacet {
  return {
    async enqueue(queue, payload, { headers, delayMs = 0 }) {
      const { pool } = current()
      const fields = toFields(config.payload_field, payload, headers)
      try {
        if (delayMs <= 0) return String(await pool.send(queue, 'xadd', [queue, '*', ...fields]))
        const { later, bodies, wake } = queueKeys(queue, config.consumer_group)
        const id = random.uuid()
        await runScript(pool, SEND_LATER, [later, bodies, wake], [id, Math.ceil(delayMs), ...fields])
        return id
      } catch (error) {
        throw pool.failure(error, (reason, context) => new EnqueueError(queue, reason, context))
      }
    },

    async consume(queue, sink, context) {
      const failure: Failure = (reason, about) => new DequeueError(queue, reason, about)
      const session = current()
      try {
        return await session
          .queue(queue)
          .add(sink, (preparing) => untilAborted(preparing, context.signal, `consume ${queue}`))
      } catch (error) {
        throw session.pool.failure(error, failure)
      }
    },
  }
}
