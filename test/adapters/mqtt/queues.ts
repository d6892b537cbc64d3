import { within } from '../../support/adapter-context.js'
import { bytes, Deliveries, type Fixture } from './fixture.js'

/** Sends one message after the other. @returns their ids */
export async function sendAll(
  { adapter }: Fixture,
  queue: string,
  texts: readonly string[],
): Promise<string[]> {
  const ids: string[] = []
  for (const text of texts) ids.push(await adapter.queue!.enqueue(queue, bytes(text), {}, within()))
  return ids
}

/** As many texts, from `0`. */
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)

export async function consume({ adapter }: Fixture, queue: string, demand: number) {
  const sink = new Deliveries()
  const consumer = await adapter.queue!.consume(queue, sink, within())
  consumer.request(demand)
  return { sink, consumer }
}
