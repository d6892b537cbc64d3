import { Redis } from 'ioredis'
import type { Side } from '../measure/compare.js'
import { messagePool, TOPICS } from '../message.js'
import { runLanes } from './lanes.js'
import type { QueueEnds } from './queue.js'

const PATTERN = 'bench/*'
const GROUP = 'plain'
const CONSUMER = 'c1'
const BATCH = 100

const open = (port: number) => new Redis({ host: '127.0.0.1', port, enableAutoPipelining: true })
/** Blocking reads and subscriptions take a connection for themselves. */
const openAlone = (port: number) => new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null })

/** The plain client on the main thread, publishing values as JSON, with automatic pipelining. */
export async function plainRedisPublisher(port: number, inFlight: number): Promise<Side> {
  const client = open(port)
  const pool = messagePool()
  return {
    begin: async () =>
      runLanes(inFlight, (n) =>
        client.publish(TOPICS[n % TOPICS.length]!, JSON.stringify(pool[n % pool.length])),
      ),
    close: async () => client.disconnect(),
  }
}

/** The plain client on the main thread, receiving; `handle` is given what arrived, parsed unless `raw`. */
export async function plainRedisSubscriber(
  port: number,
  handle: (value: unknown) => void,
  { raw = false }: { readonly raw?: boolean } = {},
): Promise<Side> {
  const client = openAlone(port)
  return {
    async begin() {
      let count = 0
      const onText = (_pattern: string, _channel: string, message: string) => {
        handle(JSON.parse(message))
        count++
      }
      const onBytes = (_pattern: Buffer, _channel: Buffer, message: Buffer) => {
        handle(message)
        count++
      }
      if (raw) client.on('pmessageBuffer', onBytes)
      else client.on('pmessage', onText)
      await client.psubscribe(PATTERN)
      return {
        count: () => count,
        async stop() {
          await client.punsubscribe(PATTERN)
          client.removeAllListeners('pmessage').removeAllListeners('pmessageBuffer')
        },
      }
    },
    close: async () => client.disconnect(),
  }
}

/** A stream with a consumer group by the plain client: XADD, XREADGROUP, XACK, the last two in batches. */
export async function plainRedisQueue(port: number, name: string): Promise<QueueEnds> {
  const client = open(port)
  const reader = openAlone(port)
  await client.xgroup('CREATE', name, GROUP, '0', 'MKSTREAM')
  return {
    send: (value) => client.xadd(name, '*', 'payload', JSON.stringify(value)),
    async consume(done) {
      let stopped = false
      const over = (async () => {
        while (!stopped) {
          const found = (await reader.xreadgroup(
            ...(['GROUP', GROUP, CONSUMER, 'COUNT', BATCH, 'BLOCK', 100, 'STREAMS', name, '>'] as const),
          )) as readonly [string, readonly [string, readonly string[]][]][] | null
          const entries = found?.[0]?.[1] ?? []
          for (const [, fields] of entries)
            if (JSON.parse(fields[1]!) === null) throw new Error('a message without content')
          if (entries.length > 0) await client.xack(name, GROUP, ...entries.map(([id]) => id))
          for (const _ of entries) done()
        }
      })()
      return async () => {
        stopped = true
        await over
      }
    },
    async close() {
      client.disconnect()
      reader.disconnect()
    },
  }
}
