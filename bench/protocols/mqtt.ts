import { startMosquitto } from '../../test/support/mosquitto.js'
import { mqttIntegration } from '../sides/gateway.js'
import { plainMqttQueue } from '../sides/plain-mqtt-queue.js'
import type { QueueProtocol } from './broker-protocol.js'

/** The queue of MQTT: a shared subscription. */
export const MQTT: QueueProtocol = {
  name: 'mqtt',
  title: 'MQTT',
  startBroker: () => startMosquitto({ config: ['log_type information', 'max_inflight_messages 1024'] }),
  integration: (port) => mqttIntegration(port, { config: { qos: 1 } }),
  plainQueue: plainMqttQueue,
}
