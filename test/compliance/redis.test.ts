import { Redis } from 'ioredis'
import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { closedPort } from '../support/http-service.js'
import { startRedis } from '../support/redis-server.js'

const server = await startRedis({ config: ['appendonly yes', 'appendfsync always'] })
afterAll(() => server.stop())

adapterCompliance({
  name: 'Redis',
  integration: () => ({ type: 'redis', endpoint: { address: '127.0.0.1', port: server.port } }),
  unreachable: async () => ({ type: 'redis', endpoint: { address: '127.0.0.1', port: await closedPort() } }),
  features: {
    call: true,
    notify: true,
    batch: true,
    serve: true,
    publish: true,
    subscribe: true,
    enqueue: true,
    dequeue: true,
    unknownMethod: true,
    wildcards: true,
    retain: false,
    qos: false,
    headers: true,
    backpressure: true,
    redelivery: true,
    attempts: true,
    delayedNack: true,
    competingConsumers: true,
    order: true,
    persistentQueue: true,
  },
  skips: {
    'headers travel with a message':
      'PUBLISH of Redis carries a payload and nothing else, and a publish with headers is refused; entries of queues have headers',
  },
  harness: { describe, it, afterAll },
  async refuseQueue(queue) {
    const client = new Redis(server.port)
    await client.set(queue, 'not a stream')
    return async () => {
      await client.del(queue)
      client.disconnect()
    }
  },
  restartBroker: () => server.restart(),
})
