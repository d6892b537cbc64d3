import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { closedPort } from '../support/http-service.js'
import { startMosquitto } from '../support/mosquitto.js'

const broker = await startMosquitto()
afterAll(() => broker.stop())

adapterCompliance({
  name: 'MQTT 5',
  integration: () => ({
    type: 'mqtt',
    endpoint: { address: '127.0.0.1', port: broker.port },
    config: { protocol_version: 5 },
  }),
  unreachable: async () => ({
    type: 'mqtt',
    endpoint: { address: '127.0.0.1', port: await closedPort() },
    config: { protocol_version: 5 },
  }),
  unservable: 'bad/#',
  features: {
    call: true,
    notify: true,
    batch: false,
    serve: true,
    publish: true,
    subscribe: true,
    enqueue: true,
    dequeue: true,
    unknownMethod: true,
    wildcards: true,
    retain: true,
    qos: true,
    headers: true,
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
