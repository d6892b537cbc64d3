import { DiscardPolicy, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { closedPort } from '../support/http-service.js'
import { startNatsServer } from '../support/nats-server.js'

const server = await startNatsServer({ config: ['max_payload: 8MB'] })
afterAll(() => server.stop())

adapterCompliance({
  name: 'NATS',
  integration: () => ({
    type: 'nats',
    endpoint: { address: '127.0.0.1', port: server.port },
    // What a crash leaves in hand is back after so long.
    config: { consumer: { ack_wait: '1s' } },
  }),
  unreachable: async () => ({ type: 'nats', endpoint: { address: '127.0.0.1', port: await closedPort() } }),
  unservable: 'bad method',
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
    // nats-server 2.9.10 sends to the inbox of a consumer that is closing, finds nobody, and counts it.
    countsUnseen: true,
    delayedNack: true,
    competingConsumers: true,
    order: true,
    persistentQueue: true,
  },
  harness: { describe, it, afterAll },
  async refuseQueue(queue) {
    const client = await connect({ port: server.port })
    const { streams } = await jetstreamManager(client)
    const [subject, name] = [queue.replaceAll('/', '.'), queue.replaceAll('/', '-')]
    await streams.add({ name, subjects: [subject], max_msgs: 1, discard: DiscardPolicy.New })
    await client.request(subject, 'in the way')
    return async () => {
      await streams.purge(name)
      await client.close()
    }
  },
  restartBroker: () => server.restart(),
})
