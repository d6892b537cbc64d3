import { startRedis } from '../../test/support/redis-server.js'
import { plainRedisPublisher, plainRedisQueue, plainRedisSubscriber } from '../sides/plain-redis.js'
import type { BrokerProtocol } from './broker-protocol.js'

/** A subscriber that is behind is not cut off: it is to be measured. */
const CONFIG = ['client-output-buffer-limit pubsub 0 0 0']

export const REDIS: BrokerProtocol = {
  name: 'redis',
  title: 'Redis',
  inFlight: 1_000,
  pattern: 'bench/*',
  startBroker: () => startRedis({ config: CONFIG }),
  integration: (port) => ({ type: 'redis', endpoint: { address: '127.0.0.1', port } }),
  plainPublisher: plainRedisPublisher,
  plainSubscriber: plainRedisSubscriber,
  plainQueue: plainRedisQueue,
}
