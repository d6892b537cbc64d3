import mqtt from 'mqtt'
import type { QueueEnds } from './queue.js'

/** A shared subscription by the plain client, both ways with QoS 1. mqtt.js acknowledges when its handler returns. */
export async function plainMqttQueue(port: number, topic: string): Promise<QueueEnds> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 })
  const shared = `$share/plain/${topic}`
  return {
    send: (value) => client.publishAsync(topic, JSON.stringify(value), { qos: 1 }),
    async consume(done) {
      const onMessage = (_topic: string, payload: Buffer) => {
        if (JSON.parse(payload.toString()) === null) throw new Error('a message without content')
        done()
      }
      client.on('message', onMessage)
      await client.subscribeAsync(shared, { qos: 1 })
      return async () => {
        await client.unsubscribeAsync(shared)
        client.off('message', onMessage)
      }
    },
    close: () => client.endAsync(),
  }
}
