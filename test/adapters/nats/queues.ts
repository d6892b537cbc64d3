import type { Attempt } from '../../../src/core/adapter/attempt.js'
import type { AdapterConsumer, InboundDelivery } from '../../../src/core/adapter/queue-facet.js'
import { until, within } from '../../support/adapter-context.js'
import { bytes, collector, type Rig } from './harness.js'

/** Puts a message into a queue. */
export const send = (
  { adapter }: Rig,
  queue: string,
  content: string,
  context: Attempt = within(),
  options = {},
) => adapter.queue.enqueue(queue, bytes(content), options, context)

/** A consumer, and what it has been given. */
export async function consume({ adapter }: Rig, queue: string, count = 0) {
  const { messages, ended, sink } = collector<InboundDelivery>()
  const consumer = await adapter.queue.consume(queue, sink, within())
  if (count > 0) consumer.request(count)
  return { consumer, messages, ended }
}

/** The next message of a queue. */
export async function next(
  rig: Rig,
  queue: string,
): Promise<{ delivery: InboundDelivery; consumer: AdapterConsumer }> {
  const { consumer, messages } = await consume(rig, queue, 1)
  await until(() => messages.length === 1, 'a message')
  return { delivery: messages[0]!, consumer }
}
