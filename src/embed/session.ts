import type { Readable, Writable } from 'node:stream'
import type { QueueConsumer } from '../client/queue-consumer.js'
import type { QueueMessage } from '../client/queue-message.js'
import type { Subscription } from '../client/subscription.js'
import type { EventName } from '../core/events.js'
import type { LogRecord } from '../core/telemetry.js'
import { messageOf } from '../mailbox/error-codec.js'
import { Asked } from './asked.js'
import { Deliveries, type DeliveryFields } from './deliveries.js'
import { Dispatcher, failure, type Id } from './dispatcher.js'
import { type Encoding, type EncodingName, makeEncoding } from './encoding.js'
import { ConsumerFeed } from './feeds/consumer-feed.js'
import { DataFeed } from './feeds/data-feed.js'
import { EventFeed } from './feeds/event-feed.js'
import { Feeds } from './feeds/feeds.js'
import { SubscriptionFeed } from './feeds/subscription-feed.js'
import type { DataPort, GatewayPort } from './gateway-port.js'
import type { Input, Reader } from './input/reader.js'
import type { Method } from './method.js'
import { Output } from './output.js'
import { JSON_RPC, LIMITS, MOST_BYTES_IN_FLIGHT } from './protocol.js'
import type { Served } from './served.js'
import type { NotificationName, SessionPort } from './session-port.js'
import { INTERNAL_ERROR, INVALID_REQUEST, ProtocolFault } from './wire-error.js'

/** What all sessions of a gateway share. */
export interface SessionDependencies {
  readonly gateway: GatewayPort
  readonly methods: Readonly<Record<string, Method>>
  readonly served: Served
  readonly log: (record: LogRecord) => void
  /** Stops the gateway. */
  shutdown(timeout: number | string | undefined): Promise<void>
}

/** The connection of a client. */
export interface ClientStream {
  readonly input: Readable
  readonly output: Writable
}

const LINE_FEED = Buffer.from('\n')

/**
 * A client and everything it has open. While too many requests are in flight, or the client does not read, the session
 * reads no input, so that memory stays bounded whatever the client does.
 */
export class Session implements SessionPort {
  readonly deliveries = new Deliveries()
  readonly #dependencies: SessionDependencies
  readonly #input: Readable
  readonly #output: Output
  readonly #dispatcher: Dispatcher
  readonly #feeds = new Feeds()
  readonly #events: EventFeed
  readonly #asked = new Asked()
  #encoding: Encoding = makeEncoding('lines')
  #reader: Reader = this.#encoding.reader()
  /** The encoding of the messages after the answer to `initialize`. */
  #nextEncoding: Encoding | undefined
  #isInitialized = false
  #isReading = false
  #inputEnded = false
  #isGone = false
  /** Called when the last request has ended. */
  #idle: () => void = () => {}
  readonly #resolveEnded: () => void
  /** Resolves when the client has sent everything, or is gone. */
  readonly inputEnd: Promise<void>

  constructor({ input, output }: ClientStream, dependencies: SessionDependencies) {
    this.#dependencies = dependencies
    const { gateway, methods, log } = dependencies
    this.#events = new EventFeed(gateway, this)
    this.#dispatcher = new Dispatcher({
      methods,
      gateway,
      session: this,
      isInitialized: () => this.#isInitialized,
      reply: (answer) => this.#reply(answer),
      answered: (answer) => this.#asked.answer(answer),
      failed: (method, error) =>
        log({ level: 'warn', message: `the notification ${method} failed`, reason: messageOf(error) }),
      ended: () => this.#requestEnded(),
    })
    let resolveEnded = () => {}
    this.inputEnd = new Promise((resolve) => {
      resolveEnded = resolve
    })
    this.#resolveEnded = resolveEnded
    this.#output = new Output(output, () => this.#gone())
    this.#input = input
    input.on('data', (chunk: Buffer) => {
      this.#reader.push(chunk)
      this.#read()
    })
    input.on('end', () => {
      // The last line may lack its end.
      if (this.#encoding.name === 'lines') this.#reader.push(LINE_FEED)
      this.#inputEnded = true
      this.#read()
    })
    const failed = () => {
      this.#inputEnded = true
      this.#resolveEnded()
    }
    input.on('error', failed)
    input.on('close', failed)
  }

  /** Closes what the client has open, and gives its deliveries back. Idempotent. */
  abandon(): void {
    this.#feeds.closeAll()
    this.#events.listen([])
    this.deliveries.abandon()
    this.#asked.abandon()
    this.#dependencies.served.leave(this)
  }

  /** Tells the client that the gateway has stopped. */
  end(): void {
    this.#feeds.endAll()
  }

  /** Resolves when all requests are answered, and the client has read the answers or is gone. */
  async finish(): Promise<void> {
    if (this.#dispatcher.inFlight > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    await this.#output.end()
  }

  initialize(encoding: EncodingName): void {
    if (this.#isInitialized) throw new ProtocolFault(INVALID_REQUEST, 'initialize was sent before')
    this.#isInitialized = true
    if (encoding === this.#encoding.name) return
    this.#nextEncoding = makeEncoding(encoding)
    const rest = this.#reader.rest()
    this.#reader = this.#nextEncoding.reader()
    this.#reader.push(rest)
  }

  send(method: NotificationName, params: object): void {
    this.#write(method, () => this.#encoding.encode({ jsonrpc: JSON_RPC, method, params }))
  }

  sendMessage(subscription: number, topic: string, value: unknown): void {
    this.#write('message', () => this.#encoding.encodeMessage(subscription, topic, value))
  }

  async ask(method: NotificationName, params: object): Promise<unknown> {
    for (let ready = this.ready(); ready !== undefined; ready = this.ready()) await ready
    return this.#asked.ask((id) =>
      this.#output.write(this.#encoding.encode({ jsonrpc: JSON_RPC, id, method, params })),
    )
  }

  get isBlocked(): boolean {
    return this.#output.isBlocked
  }

  ready(): Promise<void> | undefined {
    return this.#output.ready()
  }

  cancel(id: unknown): boolean {
    return this.#dispatcher.cancel(id as Id)
  }

  listen(events: readonly (EventName | 'log')[]): void {
    if (!this.#isGone) this.#events.listen(events)
  }

  reserve(): number {
    return this.#feeds.reserve()
  }

  release(id: number): void {
    this.#feeds.release(id)
  }

  feedSubscription(id: number, subscription: Subscription, credit: number): void {
    this.#feeds.start(id, new SubscriptionFeed(id, subscription, this, credit))
  }

  feedData(id: number, data: DataPort, credit: number): void {
    this.#feeds.start(id, new DataFeed(id, data, this, credit))
  }

  feedConsumer(id: number, consumer: QueueConsumer): void {
    this.#feeds.start(id, new ConsumerFeed(id, consumer, this))
  }

  credit(subscription: number, messages: number): void {
    this.#feeds.credit(subscription, messages)
  }

  close(kind: 'subscription' | 'consumer', id: number): Promise<boolean> {
    return this.#feeds.close(kind, id)
  }

  hold(message: QueueMessage, settled?: () => void): DeliveryFields {
    const fields = this.deliveries.hold(message, settled)
    if (this.#isGone) this.deliveries.abandon()
    return fields
  }

  serve(integration: string, methods: readonly string[]): Promise<void> {
    return this.#dependencies.served.serve(this, integration, methods)
  }

  shutdown(timeout: number | string | undefined): Promise<void> {
    return this.#dependencies.shutdown(timeout)
  }

  /** Whether the session must not take further requests for now. */
  get #isHeldBack(): boolean {
    const { inFlight, bytes } = this.#dispatcher
    return inFlight >= LIMITS.inFlight || bytes >= MOST_BYTES_IN_FLIGHT || this.#output.isBlocked
  }

  /** Runs the messages that have arrived, as far as there is room. */
  #read(): void {
    if (this.#isReading || this.#isGone) return
    this.#isReading = true
    while (!this.#isHeldBack) {
      const found = this.#reader.next()
      if (found === undefined) break
      this.#take(found)
    }
    this.#isReading = false
    if (!this.#isHeldBack) {
      if (this.#inputEnded) this.#resolveEnded()
      else this.#input.resume()
      return
    }
    this.#input.pause()
    void this.#output.ready()?.then(() => this.#read())
  }

  #take(found: Input): void {
    if (found.kind === 'oversized')
      return this.#dispatcher.refuse(`a message is larger than ${LIMITS.message} bytes`, INVALID_REQUEST)
    if (found.kind === 'fault') return this.#dispatcher.refuse(found.reason)
    let message: unknown
    try {
      message = this.#encoding.decode(found.bytes)
    } catch (error) {
      return this.#dispatcher.refuse(messageOf(error))
    }
    this.#dispatcher.handle(message, found.bytes.length)
  }

  #write(method: NotificationName, encode: () => string | Uint8Array): void {
    try {
      this.#output.write(encode())
    } catch (error) {
      this.#dependencies.log({ level: 'error', message: `cannot send ${method}`, reason: messageOf(error) })
    }
  }

  #reply(answer: object): void {
    this.#output.write(this.#encoded(answer))
    if (this.#nextEncoding === undefined) return
    this.#encoding = this.#nextEncoding
    this.#nextEncoding = undefined
  }

  /** Encodes an answer; an error in its place if it cannot be encoded. */
  #encoded(answer: object): string | Uint8Array {
    try {
      return this.#encoding.encode(answer)
    } catch (error) {
      const fault = new ProtocolFault(INTERNAL_ERROR, `the result cannot be written: ${messageOf(error)}`)
      const answers = (Array.isArray(answer) ? answer : [answer]) as readonly { readonly id: Id }[]
      const failures = answers.map(({ id }) => failure(id, fault))
      return this.#encoding.encode(Array.isArray(answer) ? failures : failures[0]!)
    }
  }

  #requestEnded(): void {
    if (this.#dispatcher.inFlight === 0) this.#idle()
    if (this.#input.isPaused() || this.#inputEnded) this.#read()
  }

  /** The client no longer reads. */
  #gone(): void {
    this.#isGone = true
    this.#dispatcher.cancelAll()
    this.abandon()
    this.#resolveEnded()
  }
}
