import { z } from 'zod'
import type { BrokerManifest } from '../../core/manifest.js'

/** The `listen` block of the embedded MQTT broker. */
export const mqttListen = z.strictObject({
  address: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'The address to listen on. The default is loopback, because the broker does not authenticate clients.',
    ),
  port: z.int().min(0).max(65_535).default(1_883).describe('The port to listen on; 0 selects a free port.'),
  max_connections: z
    .int()
    .min(1)
    .default(1_000)
    .describe('How many connections may be open; further ones are closed at once.'),
  max_packet: z
    .int()
    .min(1_024)
    .max(268_435_455)
    .default(16_777_216)
    .describe('Maximum size of a packet in bytes; a client that sends a larger one is disconnected.'),
})

/** The validated `listen` block with its defaults. */
export type MqttListen = z.output<typeof mqttListen>

/** Describes the embedded MQTT 3.1.1 broker, meant for evaluation and for devices at the edge. */
export const mqttBrokerManifest: BrokerManifest = {
  type: 'mqtt',
  listen: mqttListen,
  worker: () => new URL('../../../workers/mqtt-broker.cjs', import.meta.url),
}
