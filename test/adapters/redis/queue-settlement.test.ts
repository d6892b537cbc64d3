import { expect, it } from 'vitest'
import type { InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import { until, within } from '../../support/adapter-context.js'
import { startRedis } from '../../support/redis-server.js'
import { bytes, connected } from './fixture.js'

it.each([
  ['ack', (delivery: InboundDelivery) => delivery.ack()],
  ['nack', (delivery: InboundDelivery) => delivery.nack(0)],
  ['undelivered', (delivery: InboundDelivery) => delivery.undelivered!()],
])('%s that cannot reach the server is an AckError', async (_, settle) => {
  const server = await startRedis()
  const { adapter } = await connected(server.port)
  const deliveries: InboundDelivery[] = []
  const sink = { deliver: (one: InboundDelivery) => deliveries.push(one) > 0, lost() {}, end() {} }
  await adapter.queue!.enqueue('q', bytes('x'), {}, within())
  const consumer = await adapter.queue!.consume('q', sink, within())
  consumer.request(1)
  await until(() => deliveries.length === 1, 'the delivery')
  await server.stop()
  await expect(settle(deliveries[0]!)).rejects.toMatchObject({ kind: 'ack', queue: 'q', retryable: false })
  await adapter.disconnect()
})
