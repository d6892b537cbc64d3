import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../core/clock.js'
import type { Random } from '../core/random.js'
import type { Logger } from '../core/telemetry.js'
import type { Value } from '../core/value.js'

/** Where an embedded broker can be reached over the network; empty when it is reached in the process only. */
export interface BrokerAddress {
  readonly address?: string
  readonly port?: number
}

/**
 * A broker that lives in a worker thread of the gateway. It outlives the actors that use it: an actor may be
 * killed at any moment, and what it left behind is settled when its port closes.
 */
export interface EmbeddedBroker {
  /**
   * Makes it ready. Called once.
   * @throws ConnectionError naming the address when it cannot be listened on; the signal's reason when aborted.
   */
  start(signal: AbortSignal): Promise<BrokerAddress>
  /** Takes a new line, the other end of which an actor got from `dial`. After `stop` the port is closed at once. */
  attach(port: MessagePort): void
  /** Closes every line and connection; never throws; idempotent. */
  stop(): Promise<void>
  /** Resolves when the broker does its work; absent where running is all there is to know. */
  ping?(): Promise<void>
}

/** What a broker is told when it is made. */
export interface BrokerContext {
  /** The label of the `broker` block. */
  readonly name: string
  /** The `listen` block, checked by the schema in the manifest; empty when there is none. */
  readonly listen: Readonly<Record<string, Value>>
  /** Further settings of the `broker` block; empty when there are none. */
  readonly config?: Readonly<Record<string, Value>>
  /** Bytes of memory at which its thread is replaced. */
  readonly memory?: number
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
}

/** The one export of a broker module. */
export type BrokerFactory = (context: BrokerContext) => EmbeddedBroker
