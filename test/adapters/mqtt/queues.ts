import { within } from '../../support/adapter-context.js'
import { bytes, Deliveries, type Fixture } from './fixture.js'

export async function sendAll({ adapter }: Fixture, queue: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) await adapter.queue!.enqueue(queue, bytes(text), {}, within())
}

export async function consume({ adapter }: Fixture, queue: string, demand: number) {
  const sink = new Deliveries()
  const consumer = await adapter.queue!.consume(queue, sink, within())
  consumer.request(demand)
  return { sink, consumer }
}
