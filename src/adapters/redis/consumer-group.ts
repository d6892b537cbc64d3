import type { ConnectionPool } from './connection-pool.js'
import { isReplyError } from './failures.js'

/**
 * Creates a consumer group, and its stream if it does not exist. Does nothing if the group exists.
 * @param from the id after which the group starts. Rejects with what ioredis rejects with.
 */
export async function createConsumerGroup(
  pool: ConnectionPool,
  stream: string,
  group: string,
  from: string,
): Promise<void> {
  try {
    await pool.send(stream, 'xgroup', ['CREATE', stream, group, from, 'MKSTREAM'])
  } catch (error) {
    if (!isReplyError(error) || !error.message.startsWith('BUSYGROUP')) throw error
  }
}
