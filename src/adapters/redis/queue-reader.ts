import type { AdapterConsumer, InboundDelivery, MessageSink } from '../../core/adapter.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { DequeueError } from '../../core/errors.js'
import type { Logger } from '../../core/telemetry.js'
import type { Entry } from './entry.js'
import { isReplyError } from './failures.js'
import { EntriesInHand } from './in-hand.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import { queueKeys } from './queue-keys.js'
import { QueueStore, type Taken } from './queue-store.js'
import type { Wire } from './wire.js'

interface Consumer {
  readonly sink: MessageSink<InboundDelivery>
  demand: number
}

/** So often at least a reader looks after what is due and after the dead, in milliseconds. */
const LOOK_EVERY_MS = 1_000
/** Entries that are asked for at a time. */
const MOST_ENTRIES = 1_000
/** So many acknowledged entries are worth removing. */
const TRIM_AFTER = 64

/**
 * Reads one queue for all consumers that this integration has of it, over a connection of its own that blocks
 * while there is nothing. It asks for no more entries than its consumers have asked for. While an entry is in hand
 * its idle time is kept short, so that only the entries of the dead are claimed.
 */
export class QueueReader {
  readonly #link: Link
  readonly #queue: string
  readonly #config: RedisConfig
  readonly #clock: Clock
  readonly #log: Logger
  readonly #store: QueueStore
  readonly #inHand: EntriesInHand
  readonly #consumers = new Set<Consumer>()
  readonly #keeping: Timer
  #wire: Wire | undefined
  #starting: Promise<void> | undefined
  #running = false
  #recovering = true
  #nextLook = 0
  #acked = 0
  #kick: () => void = ignore

  constructor(link: Link, queue: string, config: RedisConfig, consumer: string, clock: Clock, log: Logger) {
    this.#link = link
    this.#queue = queue
    this.#config = config
    this.#clock = clock
    this.#log = log
    const keys = queueKeys(queue, config.consumer_group)
    this.#store = new QueueStore(link, keys, config, consumer)
    this.#inHand = new EntriesInHand(link, queue, keys, config.consumer_group, consumer, (how) =>
      this.#onSettled(how),
    )
    this.#keeping = every(clock, config.claim_after / 3, () => this.#keep(), { background: true })
    link.whenEnded(() => {
      this.#keeping.cancel()
      this.#consumers.clear()
      this.#kick()
    })
  }

  /** Makes the group and the connection, unless they are there. Rejects with what ioredis rejects with. */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error: unknown) => {
      this.#starting = undefined
      throw error
    })
    return this.#starting
  }

  /** Adds a consumer; call it only once `start` has resolved. */
  add(sink: MessageSink<InboundDelivery>): AdapterConsumer {
    const consumer: Consumer = { sink, demand: 0 }
    this.#consumers.add(consumer)
    return {
      request: (count) => {
        consumer.demand += count
        this.#wakeUp()
      },
      close: async () => {
        this.#consumers.delete(consumer)
        this.#kick()
      },
    }
  }

  async #start(): Promise<void> {
    await this.#store.createGroup()
    if (this.#recovering) await this.#store.sweep()
    this.#wire ??= await this.#link.dedicated('queue', this.#queue)
  }

  #demand(): number {
    let demand = 0
    for (const consumer of this.#consumers) demand += consumer.demand
    return Math.min(demand, MOST_ENTRIES)
  }

  /** The loop begins with the first demand, and ends when the last consumer has gone. */
  #wakeUp(): void {
    this.#kick()
    if (this.#running) return
    this.#running = true
    this.#run()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running = false
        if (this.#wire !== undefined) this.#link.discard(this.#wire)
        this.#wire = undefined
        this.#starting = undefined
        if (this.#demand() > 0) this.#wakeUp()
      })
  }

  async #run(): Promise<void> {
    while (this.#consumers.size > 0 && this.#link.ended === undefined) {
      if (this.#demand() === 0) {
        await new Promise<void>((resolve) => {
          this.#kick = resolve
        })
        continue
      }
      try {
        if (this.#recovering) await this.#recover()
        else if (this.#clock.monotonic() >= this.#nextLook) await this.#look()
        else await this.#read()
      } catch (error) {
        await this.#mend(error)
      }
    }
  }

  async #recover(): Promise<void> {
    const count = this.#demand()
    const taken = await this.#store.recover(count)
    if (taken.length < count) this.#recovering = false
    await this.#deliverAll(taken)
  }

  async #look(): Promise<void> {
    const { inMs, taken } = await this.#store.take(this.#demand(), true)
    this.#nextLook =
      this.#clock.monotonic() + Math.min(inMs ?? LOOK_EVERY_MS, LOOK_EVERY_MS, this.#config.claim_after / 2)
    if (this.#acked > 0) this.#trim()
    await this.#deliverAll(taken)
  }

  async #read(): Promise<void> {
    this.#wire ??= await this.#link.dedicated('queue', this.#queue)
    const block = Math.min(this.#config.block, this.#nextLook - this.#clock.monotonic())
    const { entries, woken } = await this.#store.read(this.#wire, this.#demand(), block)
    if (woken) this.#nextLook = 0
    await this.#deliverAll(entries.map((entry) => ({ entry, attempt: 1 })))
  }

  /** Goes on where the server says how; @throws the error where it does not. */
  async #mend(error: unknown): Promise<void> {
    if (this.#link.ended !== undefined) return
    const address = this.#link.redirected(this.#queue, error)
    if (address !== undefined) {
      if (this.#wire !== undefined) this.#link.discard(this.#wire)
      this.#wire = await this.#link.connect('queue', address)
    } else if (isReplyError(error) && /^(NOGROUP|UNBLOCKED the stream key)/.test(error.message)) {
      this.#log({ level: 'warn', message: `queue ${this.#queue}: the group is gone; it is made anew` })
      await this.#store.createGroup()
    } else throw error
  }

  async #deliverAll(taken: readonly Taken[]): Promise<void> {
    const surplus: string[] = []
    for (const { entry, attempt } of taken) {
      const { max_deliveries } = this.#config
      if (max_deliveries > 0 && attempt > max_deliveries) await this.#store.bury(entry, attempt)
      else if (!this.#deliver(entry, attempt)) surplus.push(entry.id)
    }
    // Whoever asked for them has left in the meantime: others may have them.
    if (surplus.length > 0) await this.#inHand.giveBack(surplus, 0, 'undone').catch(ignore)
  }

  #deliver(entry: Entry, attempt: number): boolean {
    for (const consumer of this.#consumers) {
      if (consumer.demand === 0) continue
      consumer.demand--
      consumer.sink.deliver(this.#inHand.add(entry, attempt))
      return true
    }
    return false
  }

  #onSettled(how: 'acked' | 'given-back'): void {
    if (how === 'given-back') {
      this.#nextLook = 0
      return
    }
    if (++this.#acked >= TRIM_AFTER) this.#trim()
  }

  #keep(): void {
    void this.#inHand.keep()
    if (this.#acked > 0) this.#trim()
  }

  #trim(): void {
    this.#acked = 0
    void this.#store.trim()
  }

  #fail(error: unknown): void {
    if (this.#link.ended !== undefined) return
    const failure = this.#link.failure(
      error,
      (reason, context) => new DequeueError(this.#queue, reason, context),
    )
    const consumers = [...this.#consumers]
    this.#consumers.clear()
    for (const { sink } of consumers) sink.end(failure)
  }
}

function ignore(): void {}
