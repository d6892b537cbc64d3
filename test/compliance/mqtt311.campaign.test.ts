import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { closedPort } from '../support/http-service.js'
import { startMosquitto } from '../support/mosquitto.js'

const broker = await startMosquitto()
afterAll(() => broker.stop())

adapterCompliance({
  name: 'MQTT 3.1.1',
  integration: () => ({
    type: 'mqtt',
    endpoint: { address: '127.0.0.1', port: broker.port },
    config: { protocol_version: '3.1.1' },
  }),
  unreachable: async () => ({
    type: 'mqtt',
    endpoint: { address: '127.0.0.1', port: await closedPort() },
    config: { protocol_version: '3.1.1' },
  }),
  unservable: 'bad/#',
  features: {
    call: false,
    notify: true,
    batch: false,
    serve: true,
    publish: true,
    subscribe: true,
    enqueue: true,
    dequeue: true,
    unknownMethod: false,
    wildcards: true,
    retain: true,
    qos: true,
    headers: false,
    backpressure: true,
    redelivery: false,
    attempts: false,
    delayedNack: false,
    competingConsumers: true,
    order: true,
    persistentQueue: false,
  },
  harness: { describe, it, afterAll },
  restartBroker: () => broker.restart(),
})
