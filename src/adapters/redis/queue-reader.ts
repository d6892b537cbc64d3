import type { MessageSink } from '../../core/adapter/inbound.js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { AdapterConsumer, ExhaustedDelivery, InboundDelivery } from '../../core/adapter/queue-facet.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { DequeueError } from '../../core/errors/queue.js'
import type { WireFormat } from '../../wire/wire-format.js'
import type { ConnectionPool } from './connection-pool.js'
import type { Entry } from './entry.js'
import { EntriesInHand } from './in-hand.js'
import type { RedisConfig } from './manifest.js'
import { type QueueConsumer, QueueConsumers } from './queue-consumers.js'
import { queueKeys } from './queue-keys.js'
import { QueueSource } from './queue-source.js'
import { QueueStore, type ReceivedEntry } from './queue-store.js'
import { Trimmer } from './trimmer.js'
import { Wakeup } from './wakeup.js'

/** Interval between removals of idle consumers from the group, in milliseconds. */
const SWEEP_EVERY_MS = 60_000

/**
 * Reads one queue for all its consumers in this integration, and requests no more entries than they have requested.
 * It renews the entries in hand, so that other processes claim only entries of dead consumers.
 */
export class QueueReader {
  readonly #pool: ConnectionPool
  readonly #queue: string
  readonly #config: RedisConfig
  readonly #context: AdapterContext
  readonly #clock: Clock
  readonly #onIdle: () => void
  readonly #store: QueueStore
  readonly #source: QueueSource
  readonly #inHand: EntriesInHand
  readonly #trimmer: Trimmer
  readonly #consumers = new QueueConsumers()
  readonly #wakeup = new Wakeup()
  readonly #renewal: Timer
  readonly #unwatchPool: () => void
  /** The running read loop, until it has left the group. */
  #loop: Promise<void> | undefined
  #isReading = false
  #leaving: Promise<void> | undefined
  /** Whether `#leave` must run once more: the state changed while it was in flight. */
  #toLeave = false
  #nextSweep = 0
  /** Consumers whose close waits for the read in flight. */
  readonly #closing: (() => void)[] = []

  /** @param onIdle called when the reader has no consumer and no entry in hand, and has left the group */
  constructor(
    pool: ConnectionPool,
    queue: string,
    config: RedisConfig,
    format: WireFormat,
    context: AdapterContext,
    onIdle: () => void,
  ) {
    const { clock, clientId, settings } = context
    this.#pool = pool
    this.#queue = queue
    this.#config = config
    this.#context = context
    this.#clock = clock
    this.#onIdle = onIdle
    const { consumer_group, consumer = clientId, payload_field: payloadField } = config
    const keys = queueKeys(queue, consumer_group)
    const maxFrame = settings.limits.frame
    const store = new QueueStore(pool, keys, config, consumer, { payloadField, format, maxFrame })
    this.#store = store
    this.#inHand = new EntriesInHand(pool, queue, keys, consumer_group, consumer, (entry, acknowledged) =>
      this.#settled(entry, acknowledged),
    )
    this.#trimmer = new Trimmer(pool, queue, consumer_group, config.max_len, maxFrame, clock)
    const onClaimed = () => this.#trimmer.trim()
    this.#source = new QueueSource({ pool, queue, config, context, store, wakeup: this.#wakeup, onClaimed })
    this.#renewal = every(clock, config.claim_after / 3, () => this.#renew(), { background: true })
    this.#unwatchPool = pool.whenEnded(() => {
      this.#renewal.cancel()
      this.#consumers.clear()
      this.#wakeup.wake()
    })
  }

  /**
   * Adds a consumer; creates the group and opens the connection if needed. Removes the consumer again if that fails.
   * @param ready waits for the preparations
   * @returns the consumer. Rejects with what ioredis rejects with, and with ConnectionError.
   */
  async add(
    sink: MessageSink<InboundDelivery>,
    ready: (preparing: Promise<void>) => Promise<void>,
  ): Promise<AdapterConsumer> {
    const consumer = this.#consumers.add(sink)
    try {
      await ready(this.#prepare())
    } catch (error) {
      void this.#remove(consumer)
      throw error
    }
    return {
      request: (count) => {
        consumer.demand += count
        this.#start()
      },
      close: () => this.#remove(consumer),
    }
  }

  /** Gives back all entries in hand, counting their deliveries because consumers received them. Never rejects. */
  async giveBackAll(): Promise<void> {
    this.#consumers.clear()
    this.#interrupt()
    await this.#loop
    await this.#leaving
    await this.#inHand.giveBackAll()
    if (this.#pool.ended === undefined) await this.#store.leave([])
  }

  async #prepare(): Promise<void> {
    await this.#leaving
    await this.#store.createGroup()
    await this.#sweep()
    await this.#source.open()
    if (this.#consumers.size === 0 && this.#loop === undefined) await this.#end()
  }

  async #remove(consumer: QueueConsumer): Promise<void> {
    if (this.#consumers.delete(consumer)) this.#interrupt()
    if (this.#consumers.size > 0) return
    if (this.#loop === undefined) await this.#end()
    else await new Promise<void>((resolve) => this.#closing.push(resolve))
  }

  #resolveClosing(): void {
    for (const resolve of this.#closing.splice(0)) resolve()
  }

  /** Ends the read in flight: it requests more entries than the remaining consumers want. */
  #interrupt(): void {
    this.#wakeup.wake()
    this.#source.interrupt()
  }

  /** Starts the read loop if it is not running. The loop ends when no consumer is left. */
  #start(): void {
    this.#wakeup.wake()
    if (this.#loop !== undefined || this.#consumers.size === 0) return
    this.#isReading = true
    this.#loop = this.#run()
      .catch((error: unknown) => this.#fail(error))
      .then(() => {
        this.#isReading = false
        return this.#end()
      })
      .finally(() => {
        this.#loop = undefined
        this.#resolveClosing()
        if (this.#consumers.demand > 0) this.#start()
      })
  }

  /** After the last consumer has closed: closes the connection, gives back undelivered entries and leaves the group. */
  async #end(): Promise<void> {
    if (!this.#isUnused()) return
    this.#toLeave = true
    this.#leaving ??= this.#leave()
    await this.#leaving
  }

  #isUnused(): boolean {
    return this.#consumers.size === 0 && this.#pool.ended === undefined
  }

  /** Leaves again if the last entry was settled during the first try, which still named it as in hand. */
  async #leave(): Promise<void> {
    while (this.#toLeave && this.#isUnused()) {
      this.#toLeave = false
      this.#source.close()
      this.#trimmer.trim()
      await this.#store.leave(this.#inHand.ids)
    }
    this.#leaving = undefined
    if (!this.#isUnused() || this.#inHand.size > 0) return
    this.#renewal.cancel()
    this.#unwatchPool()
    this.#onIdle()
  }

  async #run(): Promise<void> {
    await this.#leaving
    while (this.#consumers.size > 0 && this.#pool.ended === undefined) {
      this.#resolveClosing()
      if (this.#consumers.demand === 0) {
        await this.#wakeup.wait()
        continue
      }
      if (this.#context.budget.isFull) {
        await this.#wakeup.wait((wake) => this.#context.budget.whenRoom(wake))
        continue
      }
      try {
        await this.#deliverAll(await this.#source.next(this.#consumers.demand))
      } catch (error) {
        if (this.#pool.ended === undefined) await this.#source.recoverFrom(error)
      }
    }
  }

  async #deliverAll(received: readonly ReceivedEntry[]): Promise<void> {
    const surplus: string[] = []
    for (const { entry, attempt } of received) {
      const exhausted = this.#exhausted(entry, attempt)
      if (!this.#consumers.deliver(() => this.#inHand.add(entry, attempt, exhausted))) surplus.push(entry.id)
    }
    // The consumers that requested these entries have closed: let other processes have them.
    await this.#inHand.returnUndelivered(surplus)
  }

  #exhausted({ id, defect }: Entry, attempt: number): ExhaustedDelivery | undefined {
    const { max_deliveries: most, dead_letter: deadLetter = `${this.#queue}:dead` } = this.#config
    if (most === 0 || attempt <= most || defect !== undefined) return undefined
    return {
      deadLetter,
      reason: `not settled in ${most} deliveries (config.max_deliveries)`,
      // Do not use the server's count: it includes tries to dead-letter the entry.
      attempts: most,
      headers: { 'nemo-dead-from': this.#queue, 'nemo-dead-id': id, 'nemo-dead-deliveries': `${most}` },
    }
  }

  #settled(entry: Entry, acknowledged: boolean): void {
    if (!acknowledged) this.#source.claimSoon()
    // An entry that was too large to read stays in the stream, which holds its only copy.
    else this.#trimmer.acknowledged(entry.id, entry.ours && entry.defect === undefined)
    if (this.#inHand.size === 0 && !this.#isReading) void this.#end()
  }

  #renew(): void {
    void this.#inHand.renew()
    this.#trimmer.trim()
    void this.#sweep()
  }

  async #sweep(): Promise<void> {
    if (this.#clock.monotonic() < this.#nextSweep) return
    this.#nextSweep = this.#clock.monotonic() + SWEEP_EVERY_MS
    await this.#store.sweep()
  }

  #fail(error: unknown): void {
    if (this.#pool.ended !== undefined) return
    const failure = this.#pool.failure(
      error,
      (reason, context) => new DequeueError(this.#queue, reason, context),
    )
    this.#consumers.end(failure)
  }
}
