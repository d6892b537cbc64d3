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
 * What the actor gives an adapter. The adapter owns its sockets and nothing else: reconnecting,
 * retrying, breaking, timing out, encoding and flow control are done around it.
 */
export interface AdapterContext {
  readonly settings: IntegrationSettings
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /**
   * Identifies this integration to a broker across restarts of the actor, so that a session found
   * under it belongs to us. Stable for the life of the gateway, and unique to it.
   */
  readonly clientId: string
  /** Bytes that the actor may hold in memory in all. What an adapter buffers for long is counted here. */
  readonly budget: ByteBudget
  /**
   * Memory that outlives the actor, of the size that `keptBytes` of the manifest asked for; zeroed in the first
   * life. For the state of a protocol's session that a successor must find.
   */
  readonly kept?: SharedArrayBuffer | undefined
  /** An established connection is gone. The actor calls `connect` again. */
  connectionLost(error: ConnectionError): void
  /** Optional hint that an answer has begun to arrive. If it is the only one in flight, the host is woken while it is still being read. */
  answerBegins(): void
  /** Reports a message that the adapter itself has dead-lettered, or refused for good. Raises `message:dead`. */
  deadLettered(letter: DeadLetterReport): void
  /** Opens a line to an embedded broker of this gateway. */
  dial(broker: string): Promise<MessagePort>
}

/** The one export of an adapter module. */
export type AdapterFactory = (context: AdapterContext) => ProtocolAdapter

/**
 * A protocol. A pattern that it does not have is an absent facet. All methods are called on the
 * actor's thread; facets only while connected, concurrently and without limit. Every rejection is an
 * `IntegrationError`: the adapter translates the errors of its client library at this edge.
 */
export interface ProtocolAdapter {
  /** The `type` in the configuration. */
  readonly protocol: string
  /**
   * Makes the connection; one attempt, no retries. Called again after `connectionLost` and after a failed
   * attempt. Subscriptions, consumers and services are not restored by the adapter: the actor asks again.
   * @throws ConnectionError, AuthError
   */
  connect(signal: AbortSignal): Promise<void>
  /** Ends the connection and frees everything; never throws; idempotent. No callback is made afterwards. */
  disconnect(): Promise<void>
  /** Where it listens, while it is connected; of the adapter of a `server` block. */
  readonly listening?: ListenAddress | undefined
  /** Asks the other side for a sign of life. Absent where being connected is all there is to know. */
  ping?(signal: AbortSignal): Promise<void>
  /** How its pool of connections stands, where it has one. Asked several times a second; never throws. */
  pool?(): PoolFigures
  /**
   * For a protocol that spreads its requests over all addresses of the endpoint: they are others now; requests to
   * come go there, those under way end where they are. Any other protocol has one address at a time.
   */
  addressesChanged?(): void
  readonly rpc?: RpcFacet
  readonly pubsub?: PubSubFacet
  readonly queue?: QueueFacet
  readonly service?: ServiceFacet
}

/** A message that will not be delivered any more. */
export interface DeadLetterReport {
  readonly queue: string
  /** The error that caused it, in words. */
  readonly reason: string
  /** Deliveries that did not settle it. */
  readonly attempts: number
  readonly payload: Uint8Array
  readonly headers?: Headers
}

/** One attempt of an operation. Each attempt has its own: a late look at an earlier one shows that it was given up. */
export interface Attempt {
  /** `clock.monotonic()` milliseconds at which this attempt is given up. */
  readonly deadline: number
  /** Aborts when the attempt is given up, for whatever reason. Created on first use: do not read it without need. */
  readonly signal: AbortSignal
  /** Headers or metadata given by the caller, for protocols whose requests have them. */
  readonly headers?: Headers | undefined
  /**
   * Names the operation: the same in all its attempts and all lives of the actor, unique to the gateway. A message id
   * for brokers that de-duplicate. Absent for what the actor does on its own account.
   */
  readonly operationId?: string | undefined
}

export interface RpcCall {
  readonly method: string
  readonly params?: Value
}

export type RpcOutcome =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Error }

export interface RpcFacet {
  /** @throws RpcError for an error answer of the server */
  call(method: string, params: Value | undefined, context: Attempt): Promise<Value>
  notify(method: string, params: Value | undefined, context: Attempt): Promise<void>
  /** Several calls in one request; one outcome each, in their order. */
  batch?(calls: readonly RpcCall[], context: Attempt): Promise<readonly RpcOutcome[]>
}

/** What a message that is published says of itself. */
export interface PublishOptions
  extends InMilliseconds<Pick<options.PublishOptions, 'qos' | 'retain' | 'headers' | 'expiry'>> {}

export interface SubscribeOptions extends Pick<options.SubscribeOptions, 'qos' | 'headers'> {
  /** What a subscription is opened with where it is a method of a service; such a subscription is shared with no other. */
  readonly params?: Value
}

export interface EnqueueOptions extends InMilliseconds<Pick<options.SendOptions, 'headers' | 'delay'>> {}

/** What an adapter receives from the other side. */
export interface InboundMessage {
  /** The topic, the queue, or the method. */
  readonly topic: string
  /** Owned by the receiver from now on: the adapter must not reuse the memory. */
  readonly payload: Uint8Array
  readonly headers?: Headers
  readonly retain?: boolean
  /** MIME type of the payload, where the protocol carries one. */
  readonly contentType?: string
  /**
   * Called once when the message has another owner: the host has it, or it was dropped and counted. Only then may the
   * broker be told that it has arrived. Absent where the broker expects no acknowledgement.
   */
  taken?(): void
}

/**
 * A message that the broker keeps until it is settled. The first of `ack`, `nack` and `undelivered` wins; later ones
 * do nothing. Each resolves when the broker has been told: when its packet or command has been written.
 */
export interface InboundDelivery extends InboundMessage {
  /** The broker's own id of the message, where it has one. */
  readonly id?: string
  /** 1 for the first delivery, as far as the broker tells. */
  readonly attempt: number
  readonly redelivered: boolean
  /** @throws AckError when the broker can no longer be told */
  ack(): Promise<void>
  /** Gives the message back after a failed delivery: delivered again no earlier than in `delayMs`, as the next attempt. @throws AckError */
  nack(delayMs: number): Promise<void>
  /**
   * Gives the message back because nobody has seen it. It is available again at once and does not count as an
   * attempt. Without this method the actor uses `nack(0)`, which counts. @throws AckError
   */
  undelivered?(): Promise<void>
  /**
   * Why the message cannot be delivered, although it was received: too large, or not what the protocol says. Its
   * payload may be empty. The actor dead-letters it at once.
   */
  readonly defect?: Error
}

/** Where an adapter delivers what one subscription yields. Each subscription has its own back-pressure. */
export interface MessageSink<M extends InboundMessage> {
  /**
   * @returns false: hold back further messages of this subscription until `resume` is called. Messages that are on
   *   their way may still be delivered; none is lost.
   */
  deliver(message: M): boolean
  /**
   * Messages of this subscription were lost before they could be delivered: counted, and reported as a gap.
   * @param count how many; 0 where the protocol cannot tell.
   */
  lost(count: number, reason: string): void
  /**
   * The other side ended the subscription. With a ShutdownError it came to its end in order: nothing went wrong.
   * With a ConnectionError the actor asks for it again.
   */
  end(error: Error): void
}

/** A subscription as the broker's side of it. */
export interface AdapterSubscription {
  /** There is room again after `deliver` answered false. May be called before the adapter has held anything back. */
  resume(): void
  /** Ends the subscription at the broker. Never throws; idempotent. */
  close(): Promise<void>
  /**
   * Stops delivering and leaves the subscription with the broker, in a session that outlives this actor: the gateway
   * shuts down and will be back. Absent where nothing outlives the connection. Never throws; idempotent.
   */
  detach?(): Promise<void>
  /** The quality of service that the broker granted, where it has one. */
  readonly grantedQos?: 0 | 1 | 2
}

export interface PubSubFacet {
  /**
   * Resolves when the broker has acknowledged it, or, where nothing is acknowledged, when it was written.
   * May return nothing when it was written at once: that is the fast path, and worth taking.
   * @throws PublishError
   */
  publish(
    topic: string,
    payload: Uint8Array,
    options: PublishOptions,
    context: Attempt,
  ): Promise<void> | undefined
  /**
   * What the protocol can hold back: one subscription, or only the whole connection with all its subscriptions. In
   * the second case the actor holds back for a bounded time, then drops and counts. Default `connection`.
   */
  readonly holdsBack?: 'subscription' | 'connection'
  /** The quality of service of a publish or subscription that asks for none. Absent where the protocol has none. */
  readonly defaultQos?: 0 | 1 | 2
  /**
   * The broker keeps messages for new subscribers: then the actor subscribes a pattern again for the sake of one
   * that comes later, and closes the earlier subscription once the later one is granted.
   */
  readonly retains?: boolean
  /**
   * Resolves when the broker has granted it. Where `holdsBack` is `subscription`, one pattern may be subscribed
   * several times, independently. Otherwise the actor subscribes one pattern once, except for a subscription that
   * replaces an earlier one of the same pattern (a higher `qos`, or `retains`): from its grant on it gets the
   * messages, and the close of the earlier one must not end it.
   * @throws SubscribeError
   */
  subscribe(
    pattern: string,
    options: SubscribeOptions,
    sink: MessageSink<InboundMessage>,
    context: Attempt,
  ): Promise<AdapterSubscription>
}

/** A consumer of a queue, driven by demand: no message is delivered that was not asked for. */
export interface AdapterConsumer {
  /** Asks for `count` more messages. */
  request(count: number): void
  /**
   * Ends the consumer. Gives back uncounted what was prefetched and not delivered, and frees its connections. What was
   * delivered may still be settled. Never throws; idempotent.
   */
  close(): Promise<void>
  /** As `close`, but leaves a durable membership with the broker: the gateway shuts down and will be back. */
  detach?(): Promise<void>
}

export interface QueueFacet {
  /** @returns the broker's id of the message. @throws EnqueueError */
  enqueue(queue: string, payload: Uint8Array, options: EnqueueOptions, context: Attempt): Promise<string>
  /** @throws DequeueError */
  consume(queue: string, sink: MessageSink<InboundDelivery>, context: Attempt): Promise<AdapterConsumer>
}

/** A request that somebody makes of us. */
export interface InboundRequest extends InboundMessage {
  readonly params: Value | undefined
  /** Sends the answer; later answers to the same request do nothing. A notification takes no answer. */
  answer(outcome: RpcOutcome): Promise<void>
}

export interface ServiceFacet {
  /** Starts serving `method`. Resolves when requests reach it. A method that is served already is replaced: the close of the earlier subscription must not end the later one. */
  serve(method: string, sink: MessageSink<InboundRequest>, context: Attempt): Promise<AdapterSubscription>
}
