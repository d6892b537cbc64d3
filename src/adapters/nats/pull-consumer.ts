import type { MessageSink } from '../../core/adapter/inbound.js'
import type { AdapterConsumer, InboundDelivery } from '../../core/adapter/queue-facet.js'
import { every, type Timer } from '../../core/clock.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { DequeueError } from '../../core/errors/queue.js'
import { type Arrival, arrivalOf, isAckSubject } from './arrival.js'
import { Backlog } from './backlog.js'
import type { ConsumerBinding } from './bindings.js'
import type { MessageView } from './client/message-view.js'
import { Delivery, type DeliveryDependencies, type DeliveryLimit } from './delivery.js'
import type { LocalConsumers } from './local-consumers.js'
import { PullLoop, type PullLoopOptions } from './pull-loop.js'

/** How long `close` waits for the server, in milliseconds. */
const CLOSE_MS = 1_000
const SHORTEST_EXTENSION_MS = 20
const CONNECTION_LOST = 'the connection that delivered the message was lost'

export interface PullConsumerOptions extends PullLoopOptions {
  /** All consumers of the connection. */
  readonly locals: LocalConsumers
  /** How many messages to request beyond demand. */
  readonly prefetch: number
  /** Whether to extend `ack_wait` while messages are in hand. */
  readonly extend: boolean
  readonly settling: Omit<DeliveryDependencies, 'settled' | 'offer' | 'maxDeliver' | 'beforeGivingBack'>
  /** Makes the server drop pull requests whose inbox has no subscription. @throws Error */
  purge(binding: ConsumerBinding): Promise<unknown>
  readonly limit: DeliveryLimit
}

/**
 * Receives messages of a durable JetStream consumer on demand. It requests what is wanted and not yet requested;
 * messages beyond demand wait in the backlog.
 */
export class PullConsumer implements AdapterConsumer {
  readonly #options: PullConsumerOptions
  readonly #sink: MessageSink<InboundDelivery>
  readonly #backlog: Backlog
  /** All unsettled deliveries, including the backlog. */
  readonly #unsettled = new Set<Delivery>()
  readonly #loop: PullLoop
  readonly #settling: DeliveryDependencies
  /** Deliveries being given back to the server. */
  readonly #returning = new Set<Promise<void>>()
  /**
   * Pending while the server drops our pull requests. Servers before 2.10.22 mishandle a redelivery that meets only
   * requests without a subscription: they withhold it until `ack_wait` and deliver another message twice.
   */
  #purging: Promise<void> | undefined
  #sid = 0
  #demand = 0
  #extension: Timer | undefined
  #closed = false

  constructor(options: PullConsumerOptions, binding: ConsumerBinding, sink: MessageSink<InboundDelivery>) {
    this.#options = options
    this.#sink = sink
    this.#backlog = new Backlog(options.budget)
    this.#loop = new PullLoop(options, binding, {
      wanted: () => this.#demand + options.prefetch - this.#backlog.size,
      ended: (error) => this.#end(error),
    })
    this.#settling = {
      ...options.settling,
      maxDeliver: () => this.#loop.binding.maxDeliver,
      beforeGivingBack: () => this.#purging,
      offer: (arrival) => options.locals.offer(arrival, this),
      settled: (delivery) => this.#onSettled(delivery),
    }
  }

  /** Number of messages that were delivered and are not settled. */
  get inHand(): number {
    return this.#unsettled.size - this.#backlog.size
  }

  /** Subscribes. Resolves when the server can deliver messages. @throws ConnectionError, DequeueError */
  async open(): Promise<void> {
    const { connection, inbox, clock, extend, locals, queue } = this.#options
    let refusal: IntegrationError | undefined
    locals.add(this)
    this.#sid = connection.subscribe(`${inbox}.*`, undefined, {
      onMessage: (view) => this.#onMessage(view, false),
      onOversize: (view) => this.#onMessage(view, true),
      onRefused: (text) => {
        refusal = new DequeueError(queue, `the server refused the subscription to ${inbox}.*: ${text}`)
        this.#end(refusal)
      },
    })
    this.#loop.start()
    const { ackWaitMs } = this.#loop.binding.limits
    if (extend)
      this.#extension = every(clock, Math.max(SHORTEST_EXTENSION_MS, ackWaitMs / 3), () => this.#extend(), {
        background: true,
      })
    await connection.ping()
    if (refusal !== undefined) throw refusal
  }

  request(count: number): void {
    if (this.#closed || !(count >= 1)) return
    this.#demand += Math.floor(count)
    this.#deliverBacklog()
    this.#loop.ask()
  }

  /** Accepts a message that another consumer gives back, if it belongs to the same queue and there is demand. */
  take(arrival: Arrival): boolean {
    const { stream, consumer } = this.#loop.binding
    if (this.#closed || this.#demand < 1 || this.#backlog.size > 0) return false
    if (arrival.consumer !== `${stream}.${consumer}`) return false
    const delivery = this.#delivery(arrival)
    // Restart the server's `ack_wait`, which began with the earlier delivery.
    if (this.#options.extend) delivery.working()
    this.#deliver(delivery)
    return true
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.pause()
    await this.#whenReturned()
    this.#options.connection.forget(this.#sid)
    this.#endIfSettled()
  }

  /** Stops requesting messages and gives back the backlog. Delivered messages may still be settled. */
  pause(): void {
    if (this.#closed) return
    const hasPulls = this.#loop.isOpen
    this.#stop()
    const { connection, purge } = this.#options
    connection.unsubscribe(this.#sid)
    this.#purging = (hasPulls ? purge(this.#loop.binding) : connection.ping())
      .then(nothing, nothing)
      .finally(() => {
        this.#purging = undefined
      })
    for (const delivery of this.#backlog.takeAll()) this.#giveBack(delivery)
  }

  /** Gives back all messages before the connection is closed. Delivered messages count as an attempt. */
  async end(): Promise<void> {
    this.pause()
    await this.#whenReturned()
    for (const delivery of [...this.#unsettled]) delivery.release()
    this.#endIfSettled()
  }

  /** Marks all messages as lost with the connection. The server redelivers them after `ack_wait`. */
  connectionLost(): void {
    this.#stop()
    const unseen = new Set(this.#backlog.takeAll())
    for (const delivery of [...this.#unsettled]) delivery.lose(CONNECTION_LOST, unseen.has(delivery))
    this.#endIfSettled()
  }

  /** Gives back a delivery that no handler has seen. */
  #giveBack(delivery: Delivery): void {
    const returned = delivery
      .undelivered()
      .catch(() => {})
      .finally(() => this.#returning.delete(returned))
    this.#returning.add(returned)
  }

  /** Resolves when the server has confirmed all returned messages, or after `CLOSE_MS`. */
  #whenReturned(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimer(CLOSE_MS, resolve, { background: true })
      const done = async () => {
        // After this, no message that the server sent before the UNSUB is still on its way.
        await this.#purging
        await Promise.all(this.#returning)
        timer.cancel()
        resolve()
      }
      void done()
    })
  }

  #stop(): void {
    this.#closed = true
    this.#demand = 0
    this.#loop.close()
  }

  /** Ends the consumer once it is closed and all its deliveries are settled. */
  #endIfSettled(): void {
    if (!this.#closed || this.#unsettled.size > 0) return
    this.#extension?.cancel()
    this.#options.locals.delete(this)
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.pause()
    this.#options.connection.forget(this.#sid)
    this.#endIfSettled()
    this.#sink.end(error)
  }

  #onMessage(view: MessageView, oversize: boolean): void {
    const { reply } = view
    if (reply === undefined || !isAckSubject(reply)) {
      if (!oversize) this.#loop.onStatus(view.headers, view.subject)
      return
    }
    const { settling } = this.#options
    const delivery = this.#delivery(arrivalOf(view, reply, oversize))
    if (this.#closed) return this.#giveBack(delivery)
    // The message was reported at its first delivery. Give it back for a gateway with a larger limit.
    if (oversize && settling.oversize.has(delivery.id)) delivery.ack().catch(() => {})
    else {
      this.#backlog.push(delivery)
      this.#deliverBacklog()
    }
    this.#loop.received()
  }

  #delivery(arrival: Arrival): Delivery {
    const { queue, limit } = this.#options
    const delivery = new Delivery(queue, arrival, this.#settling, limit)
    this.#unsettled.add(delivery)
    return delivery
  }

  /** Delivers messages of the backlog while there is demand. */
  #deliverBacklog(): void {
    while (this.#demand > 0 && !this.#closed) {
      const delivery = this.#backlog.shift()
      if (delivery === undefined) return
      this.#deliver(delivery)
    }
  }

  #deliver(delivery: Delivery): void {
    this.#demand--
    // Ignore the sink's answer: the server sends no more than was requested.
    this.#sink.deliver(delivery)
  }

  #extend(): void {
    for (const delivery of this.#unsettled) delivery.working()
  }

  #onSettled(delivery: Delivery): void {
    this.#unsettled.delete(delivery)
    this.#endIfSettled()
  }
}

function nothing(): void {}
