import { afterAll, describe, it } from 'vitest'
import { adapterCompliance } from '../../src/testing/index.js'

/** How many queues a broker has by default. */
const MOST_QUEUES = 10_000

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
  async refuseQueue(_, gateway) {
    const queue = gateway.queue('other')
    // The queue of the case is the one that is there already.
    const fillers = Array.from({ length: MOST_QUEUES - 1 }, (_, n) => `filler/${n}`)
    await Promise.all(fillers.map((filler) => queue.send(filler, 0)))
    return async () => {
      for (const filler of fillers.slice(0, 10)) await (await queue.receive(filler))?.ack()
    }
  },
})
