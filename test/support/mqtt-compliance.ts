import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'
import { closedPort } from './http-service.js'
import { startMosquitto } from './mosquitto.js'

/** The compliance of one protocol version; MQTT 3.1.1 has neither headers nor calls. */
export async function mqttCompliance(name: string, version: '3.1.1' | 5): Promise<void> {
  const broker = await startMosquitto()
  afterAll(() => broker.stop())

  adapterCompliance({
    name,
    integration: () => ({
      type: 'mqtt',
      endpoint: { address: '127.0.0.1', port: broker.port },
      config: { protocol_version: version },
    }),
    unreachable: async () => ({
      type: 'mqtt',
      endpoint: { address: '127.0.0.1', port: await closedPort() },
      config: { protocol_version: version },
    }),
    unservable: 'bad/#',
    features: {
      call: version === 5,
      notify: true,
      batch: false,
      serve: true,
      publish: true,
      subscribe: true,
      enqueue: true,
      dequeue: true,
      unknownMethod: version === 5,
      wildcards: true,
      retain: true,
      qos: true,
      headers: version === 5,
      backpressure: true,
      redelivery: false,
      attempts: false,
      delayedNack: false,
      competingConsumers: true,
      order: true,
      persistentQueue: false,
    },
    harness: { describe, it, afterAll },
    // A broker of MQTT 5 refuses what has no subscriber; with 3.1.1 it does not say so.
    ...(version === 5 && { refuseQueue: async () => async () => {} }),
    restartBroker: () => broker.restart(),
  })
}
