import type { MessagePort } from 'node:worker_threads'
import type { Clock } from './clock.js'
import type { ConnectionError } from './errors.js'
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
  readonly log: Logger
  /**
   * Identifies this integration to a broker across restarts of the actor, so that a session found
   * under it belongs to us. Stable for the life of the gateway, and unique to it.
   */
  readonly clientId: string
  /** The adapter says that an established connection is gone. The actor will call `connect` again. */
  connectionLost(error: ConnectionError): void
  /**
   * An answer has begun to come in. A hint, to be given or not: where it is the only one that anybody waits for,
   * whoever does is woken while it is read.
   */
  answerBegins(): void
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

/** Of one attempt of an operation. */
export interface OperationContext {
  /** Epoch milliseconds at which this attempt is given up. */
  readonly deadline: number
  /** Aborts when the attempt is given up, for whatever reason. Made on first use: leave it alone if it is not needed. */
  readonly signal: AbortSignal
  /** What the caller gives along, for a protocol whose requests have headers or metadata. */
  readonly headers?: Headers | undefined
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
  call(method: string, params: Value | undefined, context: OperationContext): Promise<Value>
  notify(method: string, params: Value | undefined, context: OperationContext): Promise<void>
  /** Several calls in one request; one outcome each, in their order. */
  batch?(calls: readonly RpcCall[], context: OperationContext): Promise<readonly RpcOutcome[]>
}

export interface PublishOptions {
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly headers?: Headers
  /** The payload is of no use after this many milliseconds. */
  readonly expiryMs?: number
}

export interface SubscribeOptions {
  readonly qos?: 0 | 1 | 2
  /** What a subscription is opened with where it is a method of a service; such a subscription is shared with no other. */
  readonly params?: Value
  readonly headers?: Headers
}

export interface EnqueueOptions {
  readonly headers?: Headers
  /** Deliver no earlier than in this many milliseconds. */
  readonly delayMs?: number
}

/** What an adapter receives from the other side. */
export interface InboundMessage {
  /** The topic, the queue, or the method. */
  readonly topic: string
  /** Owned by the receiver from now on: the adapter must not reuse the memory. */
  readonly payload: Uint8Array
  readonly headers?: Headers
  readonly retain?: boolean
}

/** A message that the broker keeps until it is settled. The first settlement wins; later ones do nothing. */
export interface InboundDelivery extends InboundMessage {
  /** The broker's own id of the message, where it has one. */
  readonly id?: string
  /** 1 for the first delivery, as far as the broker tells. */
  readonly attempt: number
  readonly redelivered: boolean
  /** @throws AckError when the broker can no longer be told */
  ack(): Promise<void>
  /** Gives the message back, to be delivered again no earlier than in `delayMs`. */
  nack(delayMs: number): Promise<void>
}

/** Where an adapter delivers what a subscription yields. */
export interface MessageSink<M extends InboundMessage> {
  /** @returns false: hold further messages back until `resume` is called (they may still be delivered; none is lost). */
  deliver(message: M): boolean
  /**
   * The other side ended the subscription. With a ShutdownError it came to its end in order: nothing went wrong.
   * With a ConnectionError the actor asks for it again.
   */
  end(error: Error): void
}

/** A subscription as the broker's side of it. */
export interface AdapterSubscription {
  /** There is room again after `deliver` answered false. */
  resume(): void
  /** Ends it; never throws; idempotent. */
  close(): Promise<void>
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
    context: OperationContext,
  ): Promise<void> | undefined
  /**
   * The broker keeps messages for new subscribers: then the actor subscribes a pattern again for the sake of one
   * that comes later, and closes the earlier subscription once the later one is granted.
   */
  readonly retains?: boolean
  /**
   * Resolves when the broker has granted it. The actor sees to it that one pattern is subscribed once, but for a
   * subscription that replaces an earlier one of the same pattern (a higher `qos`, or `retains`): from its grant on
   * it gets the messages, and the close of the earlier one must not end it.
   * @throws SubscribeError
   */
  subscribe(
    pattern: string,
    options: SubscribeOptions,
    sink: MessageSink<InboundMessage>,
    context: OperationContext,
  ): Promise<AdapterSubscription>
}

/** A consumer of a queue, driven by demand: no message is delivered that was not asked for. */
export interface AdapterConsumer {
  /** Asks for `count` more messages. */
  request(count: number): void
  /** Ends it; what was delivered may still be settled; never throws; idempotent. */
  close(): Promise<void>
}

export interface QueueFacet {
  /** @returns the broker's id of the message. @throws EnqueueError */
  enqueue(
    queue: string,
    payload: Uint8Array,
    options: EnqueueOptions,
    context: OperationContext,
  ): Promise<string>
  /** @throws DequeueError */
  consume(
    queue: string,
    sink: MessageSink<InboundDelivery>,
    context: OperationContext,
  ): Promise<AdapterConsumer>
}

/** A request that somebody makes of us. */
export interface InboundRequest extends InboundMessage {
  readonly params: Value | undefined
  /** Sends the answer; later answers to the same request do nothing. A notification takes no answer. */
  answer(outcome: RpcOutcome): Promise<void>
}

export interface ServiceFacet {
  /** Takes requests for `method` from now on. */
  serve(
    method: string,
    sink: MessageSink<InboundRequest>,
    context: OperationContext,
  ): Promise<AdapterSubscription>
}
