import type { SubscribeOptions } from '../../src/index.js'
import type { Measure } from '../goals.js'
import type { FlooderOrder } from '../load/orders.js'
import { compareAndClose } from '../measure/compare.js'
import { flooded, together } from '../sides/flooded.js'
import { mqttIntegration, startGateway } from '../sides/gateway.js'
import { gatewaySubscriber, NAME } from '../sides/gateway-pubsub.js'
import { look } from '../sides/look.js'
import { plainSubscriber } from '../sides/plain-mqtt.js'
import { NO_DELAY, withFastBroker, withFlooder } from './mqtt-rig.js'
import type { Scenario } from './scenario.js'

interface Variant {
  readonly name: string
  readonly title: string
  readonly measures?: readonly Measure[]
  readonly options?: SubscribeOptions
  /** The plain client does not parse either. */
  readonly raw?: boolean
  readonly order?: FlooderOrder
  /** The broker sends faster than anybody can take it, instead of Mosquitto with a publisher. */
  readonly outrun?: boolean
  /** What the application does with each message. */
  readonly handle?: (value: unknown) => void
  /** Clients, or gateways, in one process. */
  readonly clients?: number
}

function subscribe(variant: Variant): Scenario {
  const { name, title, options, order, handle = look, raw = false, clients = 1, outrun = false } = variant
  const rig = <T>(use: Parameters<typeof withFlooder<T>>[0]) =>
    outrun ? withFastBroker(use) : withFlooder(use, order && NO_DELAY)
  return {
    name,
    title,
    measures: variant.measures ?? ['host-cpu-ratio', 'throughput-ratio', 'loop-delay-ratio'],
    run: (plan) =>
      rig(async (port, flooder) => {
        const each = <T>(make: () => Promise<T>) => Promise.all(Array.from({ length: clients }, make))
        const gateways = await each(() => startGateway({ [NAME]: mqttIntegration(port) }))
        const plains = await each(() => plainSubscriber(port, handle, { raw }))
        return compareAndClose(
          flooded(together(plains), flooder, order),
          flooded(
            together(gateways.map((gateway) => gatewaySubscriber(gateway, handle, options))),
            flooder,
            order,
          ),
          plan,
        )
      }),
  }
}

/** An application that takes its time: this long for each message, in ms. */
const HANDLER_MS = 0.01
function work(value: unknown): void {
  look(value)
  for (const end = performance.now() + HANDLER_MS; performance.now() < end; );
}

export const MQTT_SUBSCRIBE: readonly Scenario[] = [
  subscribe({ name: 'mqtt-subscribe-values', title: 'MQTT subscribe, flat out, values' }),
  subscribe({
    name: 'mqtt-subscribe-bytes',
    title: 'MQTT subscribe, flat out, bytes',
    options: { decode: 'bytes' },
    raw: true,
  }),
  subscribe({
    name: 'mqtt-subscribe-lazy',
    title: 'MQTT subscribe, flat out, lazy, not decoded',
    options: { decode: 'lazy' },
    raw: true,
  }),
  subscribe({
    name: 'mqtt-subscribe-conflated',
    title: 'MQTT subscribe, flat out, conflated to 16 ms',
    options: { conflate: '16ms' },
  }),
  subscribe({
    name: 'mqtt-subscribe-10k',
    title: 'MQTT subscribe, 10,000 msg/s, values',
    order: { kind: 'rate', perSecond: 10_000 },
    measures: ['host-cpu-ratio', 'loop-delay-ratio'],
  }),
  subscribe({
    name: 'mqtt-flood-values',
    title: 'MQTT subscribe, broker faster than any subscriber, values',
    outrun: true,
  }),
  subscribe({
    name: 'mqtt-flood-bytes',
    title: 'MQTT subscribe, broker faster than any subscriber, bytes',
    options: { decode: 'bytes' },
    raw: true,
    outrun: true,
  }),
  subscribe({
    name: 'mqtt-flood-handler',
    title: 'MQTT subscribe, broker faster than any subscriber, values, handler of 10 µs',
    handle: work,
    outrun: true,
  }),
  subscribe({
    name: 'two-gateways',
    title: 'Two gateways in one process, both flooded over MQTT',
    clients: 2,
    outrun: true,
    measures: ['loop-delay-ratio', 'host-cpu-ratio', 'throughput-ratio'],
  }),
]
