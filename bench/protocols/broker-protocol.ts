import type { FLOOD_WIRES } from '../load/flood-wire.js'
import type { Side } from '../measure/compare.js'
import type { Integrations } from '../sides/gateway.js'
import type { QueueEnds } from '../sides/queue.js'

/** What the scenarios of queues need to know of a protocol. */
export interface QueueProtocol {
  readonly name: keyof typeof FLOOD_WIRES
  /** For people. */
  readonly title: string
  startBroker(): Promise<{ readonly port: number; stop(): Promise<void> }>
  integration(port: number): Integrations[string]
  /** Both ends of a queue of that name. */
  plainQueue(port: number, queue: string, window: number): Promise<QueueEnds>
}

/** What the scenarios of topics need to know as well. */
export interface BrokerProtocol extends QueueProtocol {
  /** Publishes that are not settled yet, the same for both. */
  readonly inFlight: number
  /** All topics of the benchmark. */
  readonly pattern: string
  plainPublisher(port: number, inFlight: number): Promise<Side>
  plainSubscriber(
    port: number,
    handle: (value: unknown) => void,
    options: { readonly raw: boolean },
  ): Promise<Side>
}
