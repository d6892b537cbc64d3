import { z } from 'zod'
import type { BrokerManifest } from '../../core/manifest.js'

/** The `listen` block of an embedded MQTT broker. */
export const mqttListen = z.strictObject({
  address: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Loopback unless the configuration says otherwise: the broker asks nobody who they are.'),
  port: z.int().min(0).max(65_535).default(1_883).describe('0: any free port.'),
  max_connections: z
    .int()
    .min(1)
    .default(1_000)
    .describe('Connections at a time; further ones are closed at once.'),
  max_packet: z
    .int()
    .min(1_024)
    .max(268_435_455)
    .default(16_777_216)
    .describe('Bytes of one packet; a client that announces a larger one is disconnected.'),
})

/** The `listen` block as the broker finds it: checked and completed. */
export type MqttListen = z.output<typeof mqttListen>

/** The embedded MQTT broker (3.1.1), for trying out and for devices on the edge. */
export const mqttBrokerManifest: BrokerManifest = {
  type: 'mqtt',
  listen: mqttListen,
  worker: () => new URL('../../../workers/mqtt-broker.mjs', import.meta.url),
}
