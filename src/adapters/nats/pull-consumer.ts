import type { AdapterConsumer, InboundDelivery, MessageSink } from '../../core/adapter.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { Deque } from '../../core/deque.js'
import { IntegrationError } from '../../core/errors.js'
import type { ConsumerBinding } from './bindings.js'
import type { Connection } from './client/connection.js'
import type { HeaderBlock } from './client/headers.js'
import { nanos } from './client/jetstream.js'
import type { MessageView } from './client/message-view.js'
import { Delivery, isAckSubject, type Settling } from './delivery.js'

/** A pull request ends after this time at the server, and we make another. */
const EXPIRES_MS = 30_000
/** Meanwhile the server gives a sign of life as often. */
const HEARTBEAT_MS = 5_000
/** Before a pull request is made again that the server could not serve. */
const RETRY_MS = 250

const [CONTINUE, NOT_FOUND, CONFLICT, NO_RESPONDERS] = [100, 404, 409, 503] as const

export interface PullConsumerOptions {
  readonly queue: string
  readonly connection: Connection
  readonly clock: Clock
  /** Where the answers to pull requests go: a subject of its own. */
  readonly inbox: string
  /** Messages that are asked for beyond demand. */
  readonly prefetch: number
  /** Tells the server while messages are in hand. */
  readonly extend: boolean
  readonly settling: Omit<Settling, 'settled'>
  /** Where pull requests for that consumer go. */
  pullSubject(binding: ConsumerBinding): string
  /** The stream and the consumer, made again if they are gone. @throws IntegrationError */
  bind(): Promise<ConsumerBinding>
  /** Takes a message that was delivered too often. @returns whether it did */
  setAside(delivery: Delivery): boolean
}

/**
 * Takes messages of a durable JetStream consumer as they are asked for. The server is asked for what is wanted and
 * not under way yet; what comes beyond demand waits here.
 */
export class PullConsumer implements AdapterConsumer {
  readonly #options: PullConsumerOptions
  readonly #sink: MessageSink<InboundDelivery>
  readonly #backlog = new Deque<Delivery>()
  readonly #unsettled = new Set<Delivery>()
  /** How many messages each pull request may still bring, as far as the server tells. */
  readonly #pulls = new Map<number, number>()
  readonly #settling: Settling
  #binding: ConsumerBinding
  #sid = 0
  #lastPull = 0
  #demand = 0
  /** Messages that the server has been asked for. */
  #asked = 0
  #scheduled = false
  #heard = false
  #watch: Timer | undefined
  #extension: Timer | undefined
  #retry: Timer | undefined
  #closed = false

  constructor(options: PullConsumerOptions, binding: ConsumerBinding, sink: MessageSink<InboundDelivery>) {
    this.#options = options
    this.#binding = binding
    this.#sink = sink
    this.#settling = { ...options.settling, settled: (delivery) => this.#onSettled(delivery) }
  }

  /** Begins to listen. Resolves when the server would send to us. @throws ConnectionError */
  async open(): Promise<void> {
    const { connection, inbox, clock, extend } = this.#options
    const onMessage = (view: MessageView) => this.#onMessage(view)
    this.#sid = connection.subscribe(`${inbox}.*`, undefined, { onMessage, onOversize: onMessage })
    this.#watch = every(clock, 2 * HEARTBEAT_MS, () => this.#checkSilence(), { background: true })
    if (extend)
      this.#extension = every(clock, Math.max(20, this.#binding.ackWaitMs / 3), () => this.#extend(), {
        background: true,
      })
    await connection.ping()
  }

  request(count: number): void {
    if (this.#closed || !(count >= 1)) return
    this.#demand += Math.floor(count)
    this.#hand()
    this.#ask()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { connection } = this.#options
    this.#watch?.cancel()
    this.#retry?.cancel()
    connection.unsubscribe(this.#sid)
    for (const delivery of this.#backlog) delivery.release()
    this.#backlog.clear()
    // What the server sent before it heard of the end is here by then, and was given back.
    await connection.ping().catch(() => {})
    connection.forget(this.#sid)
    if (this.#unsettled.size === 0) this.#extension?.cancel()
  }

  /** The connection ends: what is in hand is given back, as far as the server can still be told. */
  abandon(): void {
    this.#closed = true
    this.#watch?.cancel()
    this.#retry?.cancel()
    this.#extension?.cancel()
    for (const delivery of [...this.#unsettled]) delivery.release()
  }

  #onMessage(view: MessageView): void {
    this.#heard = true
    const { reply } = view
    if (reply === undefined || !isAckSubject(reply)) {
      this.#onStatus(view.headers, Number(view.subject.slice(this.#options.inbox.length + 1)))
      return
    }
    const delivery = new Delivery(this.#options.queue, view, reply, this.#settling)
    this.#brought()
    // A message that is too large for us has no body here, and stays with the server.
    if (view.body.length !== view.size) {
      void delivery.term().catch(() => {})
      return this.#ask()
    }
    this.#unsettled.add(delivery)
    if (this.#closed) return delivery.release()
    if (this.#options.setAside(delivery)) return this.#ask()
    this.#backlog.push(delivery)
    this.#hand()
  }

  /** One message less is under way: of the oldest pull request, which the server serves first. */
  #brought(): void {
    this.#asked = Math.max(0, this.#asked - 1)
    for (const [pull, left] of this.#pulls) {
      if (left > 1) this.#pulls.set(pull, left - 1)
      else this.#pulls.delete(pull)
      return
    }
  }

  /** Hands out what is there and wanted. */
  #hand(): void {
    while (this.#demand > 0 && !this.#closed) {
      const delivery = this.#backlog.shift()
      if (delivery === undefined) return
      this.#demand--
      // Demand is what holds the server back: the answer of the sink adds nothing to it.
      this.#sink.deliver(delivery)
    }
  }

  /** What was asked for in one go of the event loop becomes one pull request. */
  #ask(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#pull()
    })
  }

  #pull(): void {
    if (this.#closed || this.#retry !== undefined) return
    const { connection, inbox, prefetch, pullSubject } = this.#options
    const batch = this.#demand + prefetch - this.#asked - this.#backlog.size
    if (batch < 1) return
    const pull = ++this.#lastPull
    this.#pulls.set(pull, batch)
    this.#asked += batch
    const body = { batch, expires: nanos(EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }
    const subject = pullSubject(this.#binding)
    connection.writer.publish(subject, `${inbox}.${pull}`, undefined, Buffer.from(JSON.stringify(body)))
  }

  /** A pull request has ended, or goes on (100). */
  #onStatus({ status, description = '', headers }: HeaderBlock, pull: number): void {
    if (status === undefined || status === CONTINUE || this.#closed) return
    const told = Number(headers?.['Nats-Pending-Messages'] ?? Number.NaN)
    const left = told >= 0 ? told : (this.#pulls.get(pull) ?? 0)
    this.#pulls.delete(pull)
    this.#asked = Math.max(0, this.#asked - left)
    const gone = status === NO_RESPONDERS || (status === CONFLICT && /deleted/i.test(description))
    if (gone) this.#bindAgain()
    else if (status === CONFLICT || status === NOT_FOUND) this.#later(() => this.#ask())
    else this.#ask()
  }

  #bindAgain(): void {
    this.#asked = 0
    this.#pulls.clear()
    this.#later(() => {
      this.#options.bind().then(
        (binding) => {
          this.#binding = binding
          this.#ask()
        },
        (error: unknown) => {
          if (this.#closed) return
          if (error instanceof IntegrationError && error.retryable) this.#bindAgain()
          else this.#sink.end(error as Error)
        },
      )
    })
  }

  #later(task: () => void): void {
    this.#retry ??= this.#options.clock.setTimer(
      RETRY_MS,
      () => {
        this.#retry = undefined
        task()
      },
      { background: true },
    )
  }

  /** Pull requests of which nothing is heard have been lost, with the server that had them, say. */
  #checkSilence(): void {
    if (!this.#heard && this.#asked > 0) {
      this.#asked = 0
      this.#pulls.clear()
      this.#ask()
    }
    this.#heard = false
  }

  #extend(): void {
    for (const delivery of this.#unsettled) delivery.working()
  }

  #onSettled(delivery: Delivery): void {
    this.#unsettled.delete(delivery)
    if (this.#closed && this.#unsettled.size === 0) this.#extension?.cancel()
  }
}
