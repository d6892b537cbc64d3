import { compareAndClose } from '../measure/compare.js'
import { mqttIntegration, startGateway } from '../sides/gateway.js'
import { gatewayPublisher, NAME } from '../sides/gateway-pubsub.js'
import { plainPublisher } from '../sides/plain-mqtt.js'
import { withBroker } from './mqtt-rig.js'
import type { Scenario } from './scenario.js'

/** Publishes that are not settled yet, the same for both. */
const IN_FLIGHT = 1_000

function publish(qos: 0 | 1): Scenario {
  return {
    name: `mqtt-publish-qos${qos}`,
    title: `MQTT publish, QoS ${qos}, values, ${IN_FLIGHT} in flight`,
    measures: ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio'],
    run: (plan) =>
      withBroker(async ({ port }) => {
        const gateway = await startGateway({ [NAME]: mqttIntegration(port, { config: { qos } }) })
        const plain = await plainPublisher(port, qos, IN_FLIGHT)
        return compareAndClose(plain, gatewayPublisher(gateway, { inFlight: IN_FLIGHT }), plan)
      }),
  }
}

export const MQTT_PUBLISH: readonly Scenario[] = [publish(0), publish(1)]
