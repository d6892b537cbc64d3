import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'

adapterCompliance({
  name: 'memory',
  integration: () => ({ type: 'memory' }),
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
    retain: true,
    qos: true,
    headers: true,
    backpressure: true,
    redelivery: true,
    attempts: true,
    delayedNack: true,
    competingConsumers: true,
    order: true,
    persistentQueue: true,
  },
  harness: { describe, it, afterAll },
})
