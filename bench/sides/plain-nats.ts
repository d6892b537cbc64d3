import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { Side } from '../measure/compare.js'
import { messagePool, TOPICS } from '../message.js'
import { runBursts } from './bursts.js'
import { runLanes } from './lanes.js'
import type { QueueEnds } from './queue.js'

const SUBJECTS = TOPICS.map((topic) => topic.replaceAll('/', '.'))
const ALL_SUBJECTS = 'bench.>'

const connectTo = (port: number) => connect({ servers: `127.0.0.1:${port}` })

/** The plain client on the main thread, publishing values as JSON; a flush after every `inFlight` of them. */
export async function plainNatsPublisher(port: number, inFlight: number): Promise<Side> {
  const client = await connectTo(port)
  const pool = messagePool()
  return {
    begin: async () =>
      runBursts(
        inFlight,
        (n) => client.publish(SUBJECTS[n % SUBJECTS.length]!, JSON.stringify(pool[n % pool.length])),
        () => client.flush(),
      ),
    close: () => client.close(),
  }
}

/** The plain client on the main thread, receiving; `handle` is given what arrived, parsed unless `raw`. */
export async function plainNatsSubscriber(
  port: number,
  handle: (value: unknown) => void,
  { raw = false }: { readonly raw?: boolean } = {},
): Promise<Side> {
  const client = await connectTo(port)
  return {
    async begin() {
      let count = 0
      const subscription = client.subscribe(ALL_SUBJECTS, {
        callback: (error, message) => {
          if (error !== null) throw error
          handle(raw ? message.data : message.json())
          count++
        },
      })
      await client.flush()
      return {
        count: () => count,
        async stop() {
          subscription.unsubscribe()
          await client.flush()
        },
      }
    },
    close: () => client.close(),
  }
}

/** Requests of the plain client, JSON made and parsed on the main thread. */
export async function plainNatsCaller(port: number, inFlight: number, subject: string): Promise<Side> {
  const client = await connectTo(port)
  const pool = messagePool()
  const call = async (n: number) => {
    const answer = await client.request(subject, JSON.stringify(pool[n % pool.length]), { timeout: 10_000 })
    if (answer.json() === null) throw new Error('the echo service answered null')
  }
  return { begin: async () => runLanes(inFlight, call, true), close: () => client.close() }
}

/** A JetStream work queue by the plain client: publishes with acknowledgement, a pull consumer, an ack for each message. */
export async function plainNatsQueue(port: number, name: string, window: number): Promise<QueueEnds> {
  const client = await connectTo(port)
  const manager = await jetstreamManager(client)
  await manager.streams.add({ name, subjects: [name], retention: 'workqueue' })
  await manager.consumers.add(name, { durable_name: name, ack_policy: 'explicit', max_ack_pending: window })
  const stream = jetstream(client)
  const consumer = await stream.consumers.get(name, name)
  return {
    send: (value) => stream.publish(name, JSON.stringify(value)),
    async consume(done) {
      const messages = await consumer.consume({
        max_messages: window,
        callback: (message) => {
          if (message.json() === null) throw new Error('a message without content')
          message.ack()
          done()
        },
      })
      return async () => {
        await messages.close()
      }
    },
    close: () => client.close(),
  }
}
