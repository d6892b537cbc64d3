import type { Capability } from '../core/capability.js'
import type { InMilliseconds } from '../core/in-milliseconds.js'
import type { OperationLimits } from '../core/operation-options.js'
import type { Capacity } from '../core/overflow.js'
import type { NameReader } from './names.js'
import type { DeliveryRun, ReceivedMessage, RequestOptions, SourceSpec, Verb } from './protocol.js'

/** The result of `receive`: the message, and the only life of the actor in which it can be settled. */
export interface Received {
  readonly life: number
  readonly message: ReceivedMessage
}

/** The verbs that settle a delivery. */
export type SettlingVerb = 'ack' | 'nack' | 'undelivered' | 'answer'

/** Limits a request in time; the default time-out is that of the integration. */
export interface RequestLimits extends InMilliseconds<OperationLimits> {}

/** Describes a source to open. The address adds id and credit. */
export type SourceRequest = Omit<SourceSpec, 'id' | 'credit'>

/** Receives the messages of a source. Its methods must not throw. */
export interface SourceHandler {
  /**
   * Receives messages in order.
   * @param names valid during this call only
   * @param life the life of the actor that sent them
   */
  receive(run: DeliveryRun, names: NameReader, life: number): void
  /** Whether it is the gateway's own, and not of the application. */
  readonly isBuiltIn?: boolean
  /** How many messages it has handed to the application, which has not settled them. Absent if none is settled. */
  inHand?(): number
  /** Reports how many messages this life of the actor has dropped in all. */
  dropped(total: number): void
  /** Reports a new life of the actor. The broker delivers unsettled messages again. */
  restarted(): void
  /**
   * Reports that a successor delivers from now on, while the predecessor still settles what it has delivered. If absent,
   * `restarted` is called.
   */
  moved?(): void
  /** Reports that a new life of the actor cannot open the source, and tries again. */
  refused?(error: Error): void
  /** Reports the end of the source. With a ShutdownError, messages in flight may still arrive. */
  ended(error: Error): void
}

/** An open source. It is opened again when the actor restarts. */
export interface OpenSource {
  /** The same in each life of the actor. A `call` names it by `into` to deliver its result to a source of `collect`. */
  readonly id: number
  /** Returns credit for messages that the host has processed. */
  credit(messages: number, bytes: number): void
  /** Ends the source. Resolves when the broker has been informed, or cannot be. Never rejects; idempotent. */
  close(): Promise<void>
}

/**
 * The stable address of an integration, as clients use it, over all lives of its actor. Every promise settles. May be
 * called concurrently; after the gateway has shut down, every call rejects with ShutdownError.
 */
export interface IntegrationMail {
  readonly name: string
  /** The name of the protocol in messages. */
  readonly type: string
  /** How many messages and bytes of one source may be in flight to the host. */
  readonly window: Capacity
  /** How many messages and bytes may wait in each direction. */
  readonly mailbox: Capacity
  /** The default time-out of an operation, in milliseconds. */
  readonly timeoutMs: number
  /** The wire formats that payloads may have. */
  readonly formats: readonly string[]
  supports(capability: Capability): boolean
  /** Sends a request to the actor. @returns the result of the verb. @throws IntegrationError */
  request(
    verb: Verb,
    target: string,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<unknown>
  /** Opens a source. @throws SubscribeError, DequeueError, and what every request throws */
  open(
    verb: 'subscribe' | 'consume' | 'serve' | 'collect',
    target: string,
    wanted: SourceRequest,
    handler: SourceHandler,
    limits?: RequestLimits,
  ): Promise<OpenSource>
  /**
   * Settles, answers or gives back a delivery of `life`.
   * @returns false if that life is over or the delivery was settled before
   */
  settle(
    verb: SettlingVerb,
    life: number,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<boolean>
}
