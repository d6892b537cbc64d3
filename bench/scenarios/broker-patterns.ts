import { LoadProcess } from '../load/load-process.js'
import type { FlooderOrder } from '../load/orders.js'
import { compareAndClose } from '../measure/compare.js'
import type { BrokerProtocol, QueueProtocol } from '../protocols/broker-protocol.js'
import { MQTT } from '../protocols/mqtt.js'
import { NATS } from '../protocols/nats.js'
import { REDIS } from '../protocols/redis.js'
import { flooded } from '../sides/flooded.js'
import { startGateway } from '../sides/gateway.js'
import { gatewayPublisher, gatewaySubscriber, NAME } from '../sides/gateway-pubsub.js'
import { look } from '../sides/look.js'
import { gatewayQueue, queueSide } from '../sides/queue.js'
import type { Scenario } from './scenario.js'

/** Messages that are sent and not consumed, and in hand of the consumer, the same for both. */
const QUEUE_IN_FLIGHT = 256
const QUEUE = 'bench-jobs'

function publish(protocol: BrokerProtocol): Scenario {
  const { name, title, inFlight } = protocol
  return {
    name: `${name}-publish`,
    title: `${title} publish, values, ${inFlight} in flight`,
    measures: ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio'],
    run: (plan) =>
      withBroker(protocol, async (port) => {
        const gateway = await startGateway({ [NAME]: protocol.integration(port) })
        const plain = await protocol.plainPublisher(port, inFlight)
        return compareAndClose(plain, gatewayPublisher(gateway, { inFlight }), plan)
      }),
  }
}

function subscribe(
  protocol: BrokerProtocol,
  decode: 'value' | 'bytes',
  order: FlooderOrder = { kind: 'flat-out' },
): Scenario {
  const { name, title, pattern } = protocol
  const raw = decode === 'bytes'
  const rate = order.kind === 'rate' ? `${order.perSecond} msg/s` : 'flat out'
  return {
    name: `${name}-subscribe-${raw ? 'bytes' : order.kind === 'rate' ? '10k' : 'values'}`,
    title: `${title} subscribe, ${rate}, ${raw ? 'bytes' : 'values'}`,
    measures: ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio'],
    run: (plan) =>
      withBroker(protocol, async (port) => {
        const flooder = await LoadProcess.start<FlooderOrder>('./flooder.js', [port, name])
        try {
          const gateway = await startGateway({ [NAME]: protocol.integration(port) })
          const plain = await protocol.plainSubscriber(port, look, { raw })
          return await compareAndClose(
            flooded(plain, flooder, order),
            flooded(gatewaySubscriber(gateway, look, { decode }, pattern), flooder, order),
            plan,
          )
        } finally {
          await flooder.stop()
        }
      }),
  }
}

function queue(protocol: QueueProtocol): Scenario {
  const { name, title } = protocol
  return {
    name: `${name}-queue`,
    title: `${title} queue, sent, received and acknowledged, ${QUEUE_IN_FLIGHT} in flight`,
    measures: ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio'],
    run: (plan) =>
      withBroker(protocol, async (port) => {
        const gateway = await startGateway({ [NAME]: protocol.integration(port) })
        const plain = await protocol.plainQueue(port, `${QUEUE}-plain`, QUEUE_IN_FLIGHT)
        return compareAndClose(
          queueSide(plain, QUEUE_IN_FLIGHT),
          queueSide(gatewayQueue(gateway, QUEUE, QUEUE_IN_FLIGHT), QUEUE_IN_FLIGHT),
          plan,
        )
      }),
  }
}

async function withBroker<T>(protocol: QueueProtocol, use: (port: number) => Promise<T>): Promise<T> {
  const broker = await protocol.startBroker()
  try {
    return await use(broker.port)
  } finally {
    await broker.stop()
  }
}

const RATE: FlooderOrder = { kind: 'rate', perSecond: 10_000 }

export const BROKER_PATTERNS: readonly Scenario[] = [
  queue(MQTT),
  ...[NATS, REDIS].flatMap((protocol) => [
    publish(protocol),
    subscribe(protocol, 'value'),
    subscribe(protocol, 'bytes'),
    subscribe(protocol, 'value', RATE),
    queue(protocol),
  ]),
]
