import type { QueueClient, QueueMessage } from '../../src/index.js'
import { type Random, sleep } from './random.js'
import type { Tally } from './tally.js'

/** What the workers of a round have in common. */
export interface Work {
  readonly queue: string
  readonly deadLetters: string
  readonly maxDeliveries: number
  readonly tally: Tally
  /** Everything is accounted for: come to an end. */
  ended(): boolean
}

/** Takes single messages, with time-outs and cancellations at any moment. */
export async function receiving(client: QueueClient, work: Work, random: Random): Promise<void> {
  while (!work.ended()) {
    const controller = new AbortController()
    const timeout = random.pick([0, 1, 5, 20, 100])
    const timer = random.chance(0.5) ? setTimeout(() => controller.abort(), random.integer(0, 30)) : undefined
    const receive = client.receive<number>(work.queue, { timeout, signal: controller.signal })
    // Cancelled, or without a connection: the next one may do better.
    const message = await receive.catch(() => undefined)
    clearTimeout(timer)
    if (message !== undefined) await settle(message, work, random)
    else await sleep(random.integer(0, 5))
  }
}

async function settle(message: QueueMessage<number>, { tally }: Work, random: Random): Promise<void> {
  const decision = tally.delivered(message.value, message.attempt)
  await pause(random)
  tally.finished(message.value, decision)
  const settled =
    decision === 'handle' ? message.ack() : message.nack({ delay: random.pick([0, 1, 20, 100]) })
  await settled.catch(() => false)
}

/** Consumes for a while, closes, and starts again. */
export async function consuming(client: QueueClient, work: Work, random: Random): Promise<void> {
  while (!work.ended()) {
    const { queue, deadLetters: deadLetter, maxDeliveries } = work
    const consumer = client.consume<number>(queue, {
      concurrency: random.pick([1, 3, 10, 50]),
      maxDeliveries,
      deadLetter,
      ...(random.chance(0.5) && { retryDelay: random.pick([0, 5, 50]) }),
    })
    const consumed = consumer.each(async ({ value, attempt }) => {
      const decision = work.tally.delivered(value, attempt)
      await pause(random)
      work.tally.finished(value, decision)
      if (decision === 'fail') throw new Error(`message ${value} fails`)
    })
    consumed.catch(() => {})
    for (const until = performance.now() + random.integer(20, 600); performance.now() < until; ) {
      if (work.ended()) break
      await sleep(10)
    }
    await consumer.close()
    await consumed.catch(() => {})
  }
}

/** Consumes for the whole round. An MQTT broker keeps messages only while the group has a member. */
export async function steady(client: QueueClient, work: Work, random: Random): Promise<void> {
  const { queue, deadLetters: deadLetter, maxDeliveries, tally } = work
  const consumer = client.consume<number>(queue, { concurrency: 2, maxDeliveries, deadLetter })
  const consumed = consumer.each(async ({ value, attempt }) => {
    const decision = tally.delivered(value, attempt)
    await pause(random)
    tally.finished(value, decision)
    if (decision === 'fail') throw new Error(`message ${value} fails`)
  })
  consumed.catch(() => {})
  while (!work.ended()) await sleep(10)
  await consumer.close()
  await consumed.catch(() => {})
}

/** Most handlers are quick; some take their time. */
async function pause(random: Random): Promise<void> {
  if (random.chance(0.1)) await sleep(random.integer(1, 60))
  else if (random.chance(0.3)) await sleep(0)
}
