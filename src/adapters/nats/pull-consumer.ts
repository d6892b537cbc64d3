import type { AdapterConsumer, InboundDelivery, MessageSink } from '../../core/adapter.js'
import { every, type Timer } from '../../core/clock.js'
import { DequeueError, type IntegrationError } from '../../core/errors.js'
import { type Arrival, arrivalOf, isAckSubject } from './arrival.js'
import { Backlog } from './backlog.js'
import type { ConsumerBinding } from './bindings.js'
import type { MessageView } from './client/message-view.js'
import { Delivery, type Settling } from './delivery.js'
import type { LocalConsumers } from './local-consumers.js'
import { PullLoop, type PullLoopOptions } from './pull-loop.js'

/** How long the server has to hear that a consumer has closed. */
const FAREWELL_MS = 1_000
const SHORTEST_EXTENSION_MS = 20
const CONNECTION_LOST = 'the connection it came by was lost'

export interface PullConsumerOptions extends PullLoopOptions {
  /** The other consumers of the connection. */
  readonly locals: LocalConsumers
  /** Messages that are asked for beyond demand. */
  readonly prefetch: number
  /** Tells the server while messages are in hand. */
  readonly extend: boolean
  readonly settling: Omit<Settling, 'settled' | 'passOn' | 'maxDeliver' | 'beforeGivingBack'>
  /** Makes the server drop the pull requests of inboxes that nobody listens on. @throws Error */
  purge(binding: ConsumerBinding): Promise<unknown>
  /** Why a message must not be delivered: it has been delivered too often. */
  defect(attempt: number): Error | undefined
  /** Dead-letters a message by itself. @returns whether it does */
  deadLetter(delivery: Delivery): boolean
}

/**
 * Takes messages of a durable JetStream consumer as they are asked for. The server is asked for what is wanted and
 * not under way yet; what comes beyond demand waits here.
 */
export class PullConsumer implements AdapterConsumer {
  readonly #options: PullConsumerOptions
  readonly #sink: MessageSink<InboundDelivery>
  readonly #backlog: Backlog
  /** All that is not settled, the backlog included. */
  readonly #unsettled = new Set<Delivery>()
  readonly #loop: PullLoop
  readonly #settling: Settling
  /** Deliveries on their way back to the server. */
  readonly #returning = new Set<Promise<void>>()
  /**
   * While the server drops our pull requests. Servers before 2.10.22 mishandle a redelivery that meets only requests
   * of an inbox that nobody listens on: it is withheld until `ack_wait`, and another message comes twice.
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
      passOn: (arrival) => options.locals.passOn(arrival, this),
      settled: (delivery) => this.#onSettled(delivery),
    }
  }

  /** Messages that were handed out and are not settled. */
  get inHand(): number {
    return this.#unsettled.size - this.#backlog.size
  }

  /** Begins to listen. Resolves when the server would send to us. @throws ConnectionError, DequeueError */
  async open(): Promise<void> {
    const { connection, inbox, clock, extend, locals, queue } = this.#options
    let refusal: IntegrationError | undefined
    locals.add(this)
    this.#sid = connection.subscribe(`${inbox}.*`, undefined, {
      onMessage: (view) => this.#onMessage(view, false),
      onOversize: (view) => this.#onMessage(view, true),
      onRefused: (text) => {
        refusal = new DequeueError(queue, `the server refuses the subscription to ${inbox}.*: ${text}`)
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
    this.#hand()
    this.#loop.ask()
  }

  /** Takes a message that another consumer gives back, if it is one of the same queue and wanted here. */
  take(arrival: Arrival): boolean {
    const { stream, consumer } = this.#loop.binding
    if (this.#closed || this.#demand < 1 || this.#backlog.size > 0) return false
    if (arrival.consumer !== `${stream}.${consumer}`) return false
    const delivery = this.#delivery(arrival)
    // The time that the server allows begins again.
    if (this.#options.extend) delivery.working()
    this.#deliver(delivery)
    return true
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.pause()
    await this.#given()
    this.#options.connection.forget(this.#sid)
    this.#rest()
  }

  /** Asks for no more messages and gives back what has not been delivered; what was delivered may be settled. */
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

  /** The connection is about to be closed: all is given back, what was delivered counts as an attempt. */
  async end(): Promise<void> {
    this.pause()
    await this.#given()
    for (const delivery of [...this.#unsettled]) delivery.release()
    this.#rest()
  }

  /** The connection is lost: what is in hand comes again when the server's patience ends. */
  abandon(): void {
    this.#stop()
    const unseen = new Set(this.#backlog.takeAll())
    for (const delivery of [...this.#unsettled]) delivery.lose(CONNECTION_LOST, unseen.has(delivery))
    this.#rest()
  }

  /** Returns a delivery that no handler has seen. */
  #giveBack(delivery: Delivery): void {
    const returned = delivery
      .undelivered()
      .catch(() => {})
      .finally(() => this.#returning.delete(returned))
    this.#returning.add(returned)
  }

  /** Resolves when all that was given back is with the server, but soon in any case. */
  #given(): Promise<void> {
    return new Promise((resolve) => {
      const patience = this.#options.clock.setTimer(FAREWELL_MS, resolve, { background: true })
      const done = async () => {
        // What the server sent before it heard of the end has come by then.
        await this.#purging
        await Promise.all(this.#returning)
        patience.cancel()
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

  /** Nothing is left to do once all that was handed out is settled. */
  #rest(): void {
    if (!this.#closed || this.#unsettled.size > 0) return
    this.#extension?.cancel()
    this.#options.locals.delete(this)
  }

  #end(error: Error): void {
    if (this.#closed) return
    this.pause()
    this.#options.connection.forget(this.#sid)
    this.#rest()
    this.#sink.end(error)
  }

  #onMessage(view: MessageView, oversize: boolean): void {
    const { reply } = view
    if (reply === undefined || !isAckSubject(reply)) {
      if (!oversize) this.#loop.onStatus(view.headers, view.subject)
      return
    }
    const { deadLetter, settling } = this.#options
    const delivery = this.#delivery(arrivalOf(view, reply, oversize))
    if (this.#closed) return this.#giveBack(delivery)
    // It was reported when it came first, and waits for a gateway that takes it.
    if (oversize && settling.oversize.has(delivery.id)) delivery.ack().catch(() => {})
    else if (!deadLetter(delivery)) {
      this.#backlog.push(delivery)
      this.#hand()
    }
    this.#loop.brought()
  }

  #delivery(arrival: Arrival): Delivery {
    const { queue, defect } = this.#options
    const delivery = new Delivery(queue, arrival, this.#settling, defect)
    this.#unsettled.add(delivery)
    return delivery
  }

  /** Hands out what is there and wanted. */
  #hand(): void {
    while (this.#demand > 0 && !this.#closed) {
      const delivery = this.#backlog.shift()
      if (delivery === undefined) return
      this.#deliver(delivery)
    }
  }

  #deliver(delivery: Delivery): void {
    this.#demand--
    // Demand is what holds the server back: the answer of the sink adds nothing to it.
    this.#sink.deliver(delivery)
  }

  #extend(): void {
    for (const delivery of this.#unsettled) delivery.working()
  }

  #onSettled(delivery: Delivery): void {
    this.#unsettled.delete(delivery)
    this.#rest()
  }
}

function nothing(): void {}
