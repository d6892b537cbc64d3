import type { Gateway } from '../../src/index.js'
import { waitFor } from '../../test/support/wait-for.js'
import type { Side } from '../measure/compare.js'
import { messagePool } from '../message.js'
import { NAME } from './gateway-pubsub.js'
import { runLanes } from './lanes.js'

/** A queue as one client uses it: both ends, each message acknowledged after it was looked at. */
export interface QueueEnds {
  /** Resolves when the broker has it. */
  send(value: unknown): Promise<unknown>
  /** Calls `done` for each message that was received and settled; resolves to what ends it. */
  consume(done: () => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

/**
 * Sends and consumes at the same time, with `inFlight` messages at most that are sent and not consumed: what is
 * counted is what went all the way.
 */
export function queueSide(ends: QueueEnds, inFlight: number): Side {
  const pool = messagePool()
  return {
    async begin() {
      let consumed = 0
      const waiting: (() => void)[] = []
      const end = await ends.consume(() => {
        consumed++
        waiting.shift()?.()
      })
      const sending = runLanes(inFlight, async (n) => {
        const gone = new Promise<void>((resolve) => waiting.push(resolve))
        await ends.send(pool[n % pool.length])
        await gone
      })
      return {
        count: () => {
          sending.count()
          return consumed
        },
        async stop() {
          await sending.stop()
          await end()
        },
      }
    },
    close: () => ends.close(),
  }
}

/** The gateway's queue. Closing it shuts the gateway down. */
export function gatewayQueue(gateway: Gateway, queue: string, concurrency: number): QueueEnds {
  const client = gateway.queue(NAME)
  return {
    send: (value) => client.send(queue, value),
    async consume(done) {
      const consumer = client.consume(queue, { concurrency })
      const over = (async () => {
        for await (const message of consumer) if (message.value !== undefined) done()
      })()
      // Where nothing is kept that nobody consumes, sending has to wait until the consumer stands.
      await waitFor(() => client.send(queue, { probe: true }), { what: 'a consumer' })
      return async () => {
        await consumer.close()
        await over
      }
    },
    close: () => gateway.shutdown(),
  }
}
