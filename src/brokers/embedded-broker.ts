import type { MessagePort } from 'node:worker_threads'
import type { Clock } from '../core/clock.js'
import type { Random } from '../core/random.js'
import type { Logger } from '../core/telemetry.js'
import type { Value } from '../core/value.js'

/** The network address of an embedded broker; empty if it is reachable only inside the process. */
export interface BrokerAddress {
  readonly address?: string
  readonly port?: number
}

/**
 * A broker in a worker thread of the gateway. It outlives the actors that use it; when the port of an actor closes, it
 * gives back what the actor had not settled.
 */
export interface EmbeddedBroker {
  /**
   * Starts the broker. Called once.
   * @throws ConnectionError with the address if it cannot listen there; the reason of `signal` when it aborts
   */
  start(signal: AbortSignal): Promise<BrokerAddress>
  /** Accepts a connection, whose other end an actor received from `dial`. Closes the port at once after `stop`. */
  attach(port: MessagePort): void
  /** Closes all connections; never throws; idempotent. */
  stop(): Promise<void>
  /** Resolves if the broker works. Absent if it works whenever its thread does. */
  ping?(): Promise<void>
}

/** What a broker needs. */
export interface BrokerContext {
  /** The label of the `broker` block. */
  readonly name: string
  /** The `listen` block, validated by the manifest's schema; empty if absent. */
  readonly listen: Readonly<Record<string, Value>>
  /** The other settings of the `broker` block; empty if absent. */
  readonly config?: Readonly<Record<string, Value>>
  /** The memory limit of the broker's thread in bytes, at which the supervisor replaces the thread. */
  readonly memory?: number
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
}

/** The export of a broker module. */
export type BrokerFactory = (context: BrokerContext) => EmbeddedBroker
