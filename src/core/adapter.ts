import type { MessagePort } from 'node:worker_threads'
import type { ByteBudget } from './byte-budget.js'
import type { Clock } from './clock.js'
import type { ConnectionError } from './errors.js'
import type { InMilliseconds } from './in-milliseconds.js'
import type * as options from './operation-options.js'
import type { Random } from './random.js'
import type { IntegrationSettings } from './settings.js'
import type { ListenAddress, PoolFigures } from './status.js'
import type { Logger } from './telemetry.js'
import type { Headers, Value } from './value.js'

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
   * Ends the connection and frees everything. Makes no callback afterwards. Never throws; idempotent. Resolves when
   * everything is freed; never throws; idempotent.
   */
  disconnect(): Promise<void>
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
  /** Calls; absent where the protocol has none. */
  readonly rpc?: RpcFacet
  /** Topics; absent where the protocol has none. */
  readonly pubsub?: PubSubFacet
  /** Queues; absent where the protocol has none. */
  readonly queue?: QueueFacet
  /** Serving methods; absent where the protocol cannot. */
  readonly service?: ServiceFacet
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

/** One attempt of an operation. Each attempt has its own object; the signal of an earlier attempt stays aborted. */
export interface Attempt {
  /** When this attempt times out, in milliseconds of `clock.monotonic()`. */
  readonly deadline: number
  /** Aborts when the attempt times out or is cancelled. Created on first use: do not read it without need. */
  readonly signal: AbortSignal
  /** Headers or metadata given by the caller, for protocols whose requests have them. */
  readonly headers?: Headers | undefined
  /**
   * Names the operation for brokers that de-duplicate: the same in all attempts and all lives of the actor, and used
   * for no other operation. Absent for operations that the actor starts itself.
   */
  readonly operationId?: string | undefined
}

/** One call of a batch. */
export interface RpcCall {
  /** The method as the service calls it. */
  readonly method: string
  /** Its parameters; absent for none. */
  readonly params?: Value
}

/** The outcome of a call. An error that is an RpcError is the answer of the server. */
export type RpcOutcome =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Error }

/** The calls of a protocol. All methods are called concurrently, while connected. */
export interface RpcFacet {
  /**
   * Calls a method: one attempt.
   * @param method the method as the service calls it
   * @param params its parameters; `undefined` for none
   * @returns the result of the server
   * @throws RpcError for an error answer of the server; otherwise an IntegrationError of another kind
   */
  call(method: string, params: Value | undefined, context: Attempt): Promise<Value>
  /**
   * Sends a notification. Resolves when it was written.
   * @param method the method as the service calls it
   * @param params its parameters; `undefined` for none
   * @throws an IntegrationError when it could not be written
   */
  notify(method: string, params: Value | undefined, context: Attempt): Promise<void>
  /**
   * Sends several calls in one request.
   * @param calls at least one
   * @returns one outcome for each call, in the order of the calls
   * @throws an IntegrationError when the request as a whole fails
   */
  batch?(calls: readonly RpcCall[], context: Attempt): Promise<readonly RpcOutcome[]>
}

/** The options of a publish that reach the adapter. */
export interface PublishOptions
  extends InMilliseconds<Pick<options.PublishOptions, 'qos' | 'retain' | 'headers' | 'expiry'>> {
  /** Milliseconds after which the broker may drop it. */
  readonly expiryMs?: number
}

/** The options of a subscription that reach the adapter. */
export interface SubscribeOptions extends Pick<options.SubscribeOptions, 'qos' | 'headers'> {
  /** The parameters of a subscription that is a method of a service. Such a subscription is not shared. */
  readonly params?: Value
}

/** The options of a send that reach the adapter. */
export interface EnqueueOptions extends InMilliseconds<Pick<options.SendOptions, 'headers' | 'delay'>> {
  /** Milliseconds before which it must not be delivered. */
  readonly delayMs?: number
}

/** A message that an adapter received from the other side. */
export interface InboundMessage {
  /** The topic, the queue, or the method. */
  readonly topic: string
  /** Owned by the sink once delivered: the adapter must not reuse the memory. */
  readonly payload: Uint8Array
  /** Text metadata beside the payload. */
  readonly headers?: Headers
  /** Whether the broker had kept it for new subscribers. */
  readonly retain?: boolean
  /** MIME type of the payload, if the protocol carries one. */
  readonly contentType?: string
  /**
   * Called once when the host has received the message, or the actor has dropped and counted it. The adapter must not
   * acknowledge it to the broker earlier. Absent if the broker expects no acknowledgement. Never throws.
   */
  taken?(): void
}

/**
 * A message that the broker keeps until it is settled. The first of `ack`, `nack` and `undelivered` wins; later ones
 * do nothing. Each resolves when its packet or command has been written.
 */
export interface InboundDelivery extends InboundMessage {
  /** The broker's id of the message, if it has one. */
  readonly id?: string
  /** The number of the delivery, from 1, if the broker reports it. */
  readonly attempt: number
  /** Whether it was delivered before, as far as the broker tells. */
  readonly redelivered: boolean
  /**
   * Acknowledges the message. Resolves when the broker has been told.
   * @throws AckError if the acknowledgement can no longer reach the broker
   */
  ack(): Promise<void>
  /**
   * Gives the message back after a failed delivery. The broker delivers it again as the next attempt. Resolves when
   * the broker has been told.
   * @param delayMs milliseconds that the broker waits at least
   * @throws AckError
   */
  nack(delayMs: number): Promise<void>
  /**
   * Gives the message back because the application has not seen it: it is available again at once, and this delivery
   * does not count as an attempt. If this method is absent, the actor uses `nack(0)`, which counts. Resolves when the
   * broker has been told.
   * @throws AckError
   */
  undelivered?(): Promise<void>
  /**
   * Why the message cannot be delivered, for example because it is too large or malformed. The actor dead-letters it at
   * once; its payload may be empty.
   */
  readonly defect?: Error
}

/** Receives the messages of one subscription from the adapter. Each subscription has its own back-pressure. */
export interface MessageSink<M extends InboundMessage> {
  /**
   * Delivers one message. Never throws.
   * @param message the message; its memory must not be used again
   * @returns false if the adapter must hold back further messages of this subscription until `resume` is called.
   *   Messages that have already been read may still be delivered.
   */
  deliver(message: M): boolean
  /**
   * Reports messages that were lost before they could be delivered. The actor counts them and reports a gap. Never
   * throws.
   * @param count how many; 0 if the protocol cannot tell
   * @param reason why, in words
   */
  lost(count: number, reason: string): void
  /**
   * Reports that the other side ended the subscription. Never throws.
   * @param error ShutdownError if the subscription completed normally; ConnectionError if the actor is to open it
   *   again
   */
  end(error: Error): void
}

/** An open subscription at the broker. */
export interface AdapterSubscription {
  /**
   * Resumes delivery after `deliver` returned false. May be called before the adapter has held anything back. Never
   * throws.
   */
  resume(): void
  /** Ends the subscription. Resolves when the broker has been told. Never throws; idempotent. */
  close(): Promise<void>
  /**
   * Stops delivering and leaves the subscription with the broker, so that a later gateway finds it. Absent if nothing
   * outlives the connection. Never throws; idempotent. Resolves when nothing is delivered any more.
   */
  detach?(): Promise<void>
  /** The quality of service that the broker granted, if the protocol has one. */
  readonly grantedQos?: 0 | 1 | 2
}

/** The topics of a protocol. All methods are called concurrently, while connected. */
export interface PubSubFacet {
  /**
   * Publishes one message. Resolves when the broker has acknowledged it, or when it was written if the protocol
   * acknowledges nothing.
   * @param topic a topic without wildcards
   * @param payload the encoded message, which may be kept until it is acknowledged and must not be changed
   * @returns `undefined` if the message was written synchronously, which saves a promise for each message
   * @throws PublishError
   */
  publish(
    topic: string,
    payload: Uint8Array,
    options: PublishOptions,
    context: Attempt,
  ): Promise<void> | undefined
  /**
   * What the protocol can hold back: one subscription, or only the connection with all its subscriptions. With
   * `connection` the actor holds back for a bounded time, then drops and counts messages. Default `connection`.
   */
  readonly holdsBack?: 'subscription' | 'connection'
  /** The quality of service if the caller sets none. Absent if the protocol has none. */
  readonly defaultQos?: 0 | 1 | 2
  /**
   * Whether the broker keeps messages for new subscribers. Then the actor subscribes a pattern again for each new
   * subscriber, and closes the earlier subscription once the broker has granted the later one.
   */
  readonly retains?: boolean
  /**
   * Subscribes a pattern. Resolves when the broker has granted it.
   *
   * If `holdsBack` is `subscription`, one pattern may be subscribed several times, independently. Otherwise the actor
   * subscribes a pattern once, or replaces it by a later subscription (for a higher `qos`, or with `retains`): once
   * granted, the later one receives the messages, and closing the earlier one must not end it.
   * @param pattern a topic, which may have the wildcards of the broker
   * @param sink receives the messages, including those before the grant
   * @returns the subscription, which the actor closes
   * @throws SubscribeError
   */
  subscribe(
    pattern: string,
    options: SubscribeOptions,
    sink: MessageSink<InboundMessage>,
    context: Attempt,
  ): Promise<AdapterSubscription>
}

/** A consumer of a queue. Delivers only as many messages as were requested. */
export interface AdapterConsumer {
  /** Asks for more messages. Never throws. @param count how many, beyond those that were asked for before */
  request(count: number): void
  /**
   * Ends the consumer, gives prefetched messages back uncounted, and frees its connections. Delivered messages may
   * still be settled. Never throws; idempotent. Resolves when the broker has been told.
   */
  close(): Promise<void>
  /**
   * As `close`, but leaves a durable consumer with the broker, so that a later gateway finds it. Resolves when
   * nothing is delivered any more. Never throws.
   */
  detach?(): Promise<void>
}

/** The queues of a protocol. All methods are called concurrently, while connected. */
export interface QueueFacet {
  /**
   * Puts a message into a queue: one attempt.
   * @param queue the queue as the broker calls it
   * @param payload the encoded message, which may be kept until it is acknowledged and must not be changed
   * @returns the broker's id of the message
   * @throws EnqueueError when the broker refuses it; otherwise an IntegrationError of another kind
   */
  enqueue(queue: string, payload: Uint8Array, options: EnqueueOptions, context: Attempt): Promise<string>
  /**
   * Consumes a queue. Resolves when the broker has granted it; nothing is delivered before `request`.
   * @param queue the queue as the broker calls it
   * @param sink receives the requested messages
   * @returns the consumer, which the actor closes
   * @throws DequeueError when the broker refuses; otherwise an IntegrationError of another kind
   */
  consume(queue: string, sink: MessageSink<InboundDelivery>, context: Attempt): Promise<AdapterConsumer>
}

/** A request of a caller on the other side. */
export interface InboundRequest extends InboundMessage {
  /** The parameters, decoded. */
  readonly params: Value | undefined
  /**
   * Sends the answer. Later answers to the same request, and answers to a notification, do nothing. Resolves when the
   * answer was written.
   * @throws an IntegrationError when the caller can no longer be reached
   */
  answer(outcome: RpcOutcome): Promise<void>
}

/** The served methods of a protocol. All methods are called concurrently, while connected. */
export interface ServiceFacet {
  /**
   * Starts serving `method`. Resolves when requests reach it. Replaces an earlier subscription of the same method;
   * closing the earlier one must not end the later one.
   * @param method the method as callers name it
   * @param sink receives the requests
   * @returns the subscription, which the actor closes
   * @throws an IntegrationError when the broker refuses
   */
  serve(method: string, sink: MessageSink<InboundRequest>, context: Attempt): Promise<AdapterSubscription>
}
