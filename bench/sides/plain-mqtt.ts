import mqtt from 'mqtt'
import type { Side } from '../measure/compare.js'
import { ALL_TOPICS, messagePool, TOPICS } from '../message.js'
import { runLanes } from './lanes.js'

const connect = (port: number) => mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 })

/** The plain client on the main thread, publishing values as JSON. */
export async function plainPublisher(port: number, qos: 0 | 1, inFlight: number): Promise<Side> {
  const client = await connect(port)
  const pool = messagePool()
  return {
    begin: async () =>
      runLanes(inFlight, (n) =>
        client.publishAsync(TOPICS[n % TOPICS.length]!, JSON.stringify(pool[n % pool.length]), { qos }),
      ),
    close: () => client.endAsync(),
  }
}

/** The plain client on the main thread, receiving; `handle` is given what arrived, parsed unless `raw`. */
export async function plainSubscriber(
  port: number,
  handle: (value: unknown) => void,
  { raw = false }: { readonly raw?: boolean } = {},
): Promise<Side> {
  const client = await connect(port)
  return {
    async begin() {
      let count = 0
      const onMessage = (_topic: string, payload: Buffer) => {
        handle(raw ? payload : JSON.parse(payload.toString()))
        count++
      }
      client.on('message', onMessage)
      await client.subscribeAsync(ALL_TOPICS)
      return {
        count: () => count,
        async stop() {
          await client.unsubscribeAsync(ALL_TOPICS)
          client.off('message', onMessage)
        },
      }
    },
    close: () => client.endAsync(),
  }
}
