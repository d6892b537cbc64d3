import { Channel, type ChannelEnd } from '../mailbox/channel.js'
import type { Gauges } from '../mailbox/gauges.js'
import { NameReader } from '../mailbox/names.js'
import type { ActorBatch, ActorNotice, DeliveryRun, RequestBatch } from '../mailbox/protocol.js'
import type { Turn } from '../mailbox/turn.js'
import type { Ledger } from './ledger.js'

/** Receives what one life of an actor sends beside the outcomes of requests. */
export interface LifeEvents {
  run(run: DeliveryRun, names: NameReader, life: ActorLife): void
  notice(notice: ActorNotice, life: ActorLife): void
}

/** One life of an actor, as its address sees it: a channel, gauges, and the ledger of the requests posted to it. */
export class ActorLife {
  readonly number: number
  readonly gauges: Gauges
  readonly ledger: Ledger
  readonly #channel: Channel<RequestBatch, ActorBatch>
  readonly #names = new NameReader()
  readonly #events: LifeEvents
  #isRetired = false

  constructor(
    number: number,
    end: ChannelEnd,
    gauges: Gauges,
    ledger: Ledger,
    turn: Turn,
    events: LifeEvents,
  ) {
    this.number = number
    this.gauges = gauges
    this.ledger = ledger
    this.#events = events
    this.#channel = new Channel<RequestBatch, ActorBatch>(end, turn, (batch) => this.#receive(batch))
  }

  /** Posts waiting requests to it. */
  begin(): void {
    this.ledger.attach(this.#channel)
  }

  /** Receives all batches that have arrived. */
  pullAll(): void {
    this.#channel.pullAll()
  }

  /** Whether its messages are no longer counted in the credit of their sources, which belongs to a successor. */
  get isRetired(): boolean {
    return this.#isRetired
  }

  /** Receives what has arrived, and counts nothing later. Idempotent. */
  retire(): void {
    this.#channel.pullAll()
    this.#isRetired = true
  }

  /** Wakes the actor, because shared memory has changed. */
  nudge(): void {
    this.#channel.nudge()
  }

  /** Receives what the actor has sent, and nothing later. */
  close(): void {
    this.#channel.pullAll()
    this.#channel.close()
  }

  #receive(batch: ActorBatch): void {
    this.#names.learn(batch.names)
    this.ledger.settle(batch, this.number)
    if (batch.runs !== undefined) for (const run of batch.runs) this.#events.run(run, this.#names, this)
    if (batch.notices !== undefined) for (const notice of batch.notices) this.#events.notice(notice, this)
  }
}
