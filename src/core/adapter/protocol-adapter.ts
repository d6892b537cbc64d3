import type { MessagePort } from 'node:worker_threads'
import type { ByteBudget } from '../byte-budget.js'
import type { Clock } from '../clock.js'
import type { ConnectionError } from '../errors/connection.js'
import type { IncomingAnswers } from '../incoming-answers.js'
import type { Random } from '../random.js'
import type { IntegrationSettings } from '../settings/integration.js'
import type { ListenAddress, PoolFigures } from '../status.js'
import type { Logger } from '../telemetry.js'
import type { Headers } from '../value.js'
import type { Authentication } from './authentication.js'
import type { PubSubFacet } from './pubsub-facet.js'
import type { QueueFacet } from './queue-facet.js'
import type { RpcFacet } from './rpc-facet.js'
import type { ServiceFacet } from './service-facet.js'

/**
 * What the actor gives an adapter. The adapter owns its sockets; the actor reconnects, retries, breaks the circuit,
 * enforces time-outs, encodes payloads and controls the flow.
 */
export interface AdapterContext {
  /** The integration, checked and completed. */
  readonly settings: IntegrationSettings
  /** The only source of time, so that tests can drive it. */
  readonly clock: Clock
  /** The only source of random numbers and ids, so that tests can seed it. */
  readonly random: Random
  /** Writes a line to the log of the gateway. */
  readonly log: Logger
  /**
   * Identifies this integration to a broker across restarts of the actor, so that a successor finds its session.
   * Unique to this gateway, and the same until the gateway shuts down.
   */
  readonly clientId: string
  /** Counts all bytes that the actor holds in memory. An adapter counts what it buffers here. */
  readonly budget: ByteBudget
  /** Counts answers while they arrive, and holds connections back while the host has not taken earlier ones. */
  readonly answers: IncomingAnswers
  /**
   * Memory that outlives the actor, for the state of a protocol's session that a successor must find. Its size is what
   * `keptBytes` of the manifest returned; it is zeroed in the first life.
   */
  readonly kept?: SharedArrayBuffer | undefined
  /**
   * Reports that an established connection is gone. The actor then calls `connect` again. Never throws.
   * @param error why it was lost
   */
  connectionLost(error: ConnectionError): void
  /**
   * Optional hint that an answer has begun to arrive. If it is the only one in flight, the host is woken while it is
   * still being read. Never throws.
   */
  answerBegins(): void
  /**
   * Reports a message that the adapter has dead-lettered itself, or refused permanently. Raises `message:dead`. Never
   * throws.
   */
  deadLettered(letter: DeadLetterReport): void
  /**
   * Authenticates callers. Absent if the configuration of the server has no rules. An adapter of a `server` block asks it
   * for each request; the requests of other adapters are checked after `deliver`, by their header `authorization`.
   */
  readonly authentication?: Authentication
  /**
   * Reports that a server has refused a caller, for the audit. Raises `server:refused`. Callers cause refusals: the
   * adapter limits how many it reports in a second. Never throws.
   */
  refused(refusal: RefusalReport): void
  /**
   * Opens a channel to an embedded broker of this gateway. Never rejects.
   * @param broker its name in the configuration
   * @returns the port, which the adapter closes; it closes at once if there is no such broker
   */
  dial(broker: string): Promise<MessagePort>
}

/** Makes an adapter; the export `adapter` of an adapter module. Called once in each life of the actor. */
export type AdapterFactory = (context: AdapterContext) => ProtocolAdapter

/**
 * A protocol. A facet is absent if the protocol lacks that pattern.
 *
 * All methods are called on the actor's thread. Methods of facets are called only while connected, concurrently and
 * without limit. Every rejection must be an `IntegrationError`: the adapter translates the errors of its client
 * library.
 */
export interface ProtocolAdapter {
  /** The `type` in the configuration. */
  readonly protocol: string
  /**
   * Makes one attempt to connect, without retries. The actor calls it again after `connectionLost` and after a failed
   * attempt, and then opens subscriptions, consumers and services again itself. Resolves when operations can be made.
   * @param signal aborts when the attempt times out or the actor stops
   * @throws ConnectionError, AuthError
   */
  connect(signal: AbortSignal): Promise<void>
  /**
   * Ends the connection and frees everything. Makes no callback afterwards. Resolves when everything is freed; never
   * throws; idempotent.
   * @param endsSessions whether to end the sessions that the broker keeps, because nobody comes back for them. A
   *   message that nobody else gets stays in its session.
   */
  disconnect(endsSessions?: boolean): Promise<void>
  /** The address it listens at while connected; only for the adapter of a `server` block. */
  readonly listening?: ListenAddress | undefined
  /**
   * Checks that the other side answers. Absent if the protocol has no such check: then connected means healthy.
   * Resolves when it came.
   * @param signal aborts when the time for an answer is up
   * @throws an IntegrationError when there is none
   */
  ping?(signal: AbortSignal): Promise<void>
  /**
   * The figures of its connection pool, if it has one. Called several times a second; never throws.
   * @returns the figures at this moment
   */
  pool?(): PoolFigures
  /**
   * Tells a protocol that spreads its requests over all addresses of the endpoint that these have changed. New
   * requests go to the new addresses; requests in flight end where they are. Absent if the protocol uses one address
   * at a time. Never throws.
   */
  addressesChanged?(): void
  /**
   * What it leaves with the broker when it disconnects, and nobody else gets: its successor adopts it. Absent if the
   * protocol leaves nothing. Never throws.
   * @returns one for each session that is left
   */
  left?(): readonly LeftSession[]
  /**
   * Takes over what a replaced connection of the integration has left, now or once it is connected. Idempotent. Resolves
   * when nothing is left. Absent if the protocol leaves nothing. Never rejects.
   */
  adopt?(left: LeftSession): Promise<void>
  /** Calls; absent where the protocol has none. */
  readonly rpc?: RpcFacet
  /** Topics; absent where the protocol has none. */
  readonly pubsub?: PubSubFacet
  /** Queues; absent where the protocol has none. */
  readonly queue?: QueueFacet
  /** Serving methods; absent where the protocol cannot. */
  readonly service?: ServiceFacet
}

/** Messages of a queue in a session at the broker that only another connection of that client id gets. */
export interface LeftSession {
  /** The client id of the session, or of the whole connection if `queue` is absent. */
  readonly clientId: string
  /** The queue; if absent, all queues that are consumed now. */
  readonly queue?: string
}

/** A message that will not be delivered again. */
export interface DeadLetterReport {
  /** The queue that it was taken from. */
  readonly queue: string
  /** The error that caused it, in words. */
  readonly reason: string
  /** How many deliveries did not settle it. */
  readonly attempts: number
  /** The payload as it was on the wire. */
  readonly payload: Uint8Array
  /** Text metadata beside the payload. */
  readonly headers?: Headers
}

/** A caller, or several, that a server has refused. */
export interface RefusalReport {
  /** The method that was called, if known; at most its first 200 characters. */
  readonly method?: string
  /** How callers are authenticated; absent if the refusal has another cause. */
  readonly scheme?: string
  /** Why, in a few words that contain nothing of the caller. */
  readonly reason: string
  /** The address of the caller; absent if the report counts several callers. */
  readonly address?: string
  /** The number of refusals that the report counts. */
  readonly count: number
}
