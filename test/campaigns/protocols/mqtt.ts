import mqtt from 'mqtt'
import { startMosquitto } from '../../support/mosquitto.js'
import type { Protocol } from './protocol.js'

export async function mqttProtocol(): Promise<Protocol> {
  const broker = await startMosquitto({ config: ['persistence true', 'max_inflight_messages 0'] })
  const options = { protocolVersion: 5, reconnectPeriod: 50, clean: false } as const
  const properties = { sessionExpiryInterval: 3_600 }
  const plain = await mqtt.connectAsync(broker.url, { ...options, clientId: 'plain', properties })
  plain.on('error', () => {})
  /** Packet ids of publishes that reached no member of the group. */
  const refused = new Set<number>()
  plain.on('packetreceive', (packet) => {
    if (packet.cmd === 'puback' && packet.reasonCode === NO_SUBSCRIBERS) refused.add(packet.messageId ?? 0)
  })
  const dead = new Map<string, number[]>()
  plain.on('message', (topic, payload) => {
    dead.get(topic)?.push(Number(payload.toString()))
  })
  let current = ''
  return {
    name: 'mqtt',
    integration: {
      type: 'mqtt',
      format: 'json',
      endpoint: { address: broker.url },
      config: { clean_session: false },
    },
    attempts: false,
    lapses: 0,
    backWithinMs: 3_000,
    restartBroker: () => broker.restart(),
    async open(_queue, deadLetters) {
      current = deadLetters
      dead.set(deadLetters, [])
      await plain.subscribeAsync(deadLetters, { qos: 1 })
    },
    async produce(queue, n) {
      // Resolves with the PUBACK. Without a member of the group the broker keeps nothing, and says so.
      for (;;) {
        const packet = await plain.publishAsync(queue, String(n), { qos: 1 })
        if (!refused.delete(packet?.messageId ?? 0)) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    // An MQTT broker does not tell.
    left: async () => undefined,
    deadLetters: async () => dead.get(current) ?? [],
    async stop() {
      await plain.endAsync(true)
      await broker.stop()
    },
  }
}

/** MQTT 5, section 3.4.2.1. */
const NO_SUBSCRIBERS = 0x10
