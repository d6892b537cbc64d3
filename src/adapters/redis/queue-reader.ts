import type { AdapterConsumer, AdapterContext, InboundDelivery, MessageSink } from '../../core/adapter.js'
import { type Clock, every, type Timer } from '../../core/clock.js'
import { DequeueError } from '../../core/errors.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { BlockingConnection } from './blocking-connection.js'
import type { Entry } from './entry.js'
import { isGroupGone, isPassing } from './failures.js'
import { EntriesInHand } from './in-hand.js'
import type { Link } from './link.js'
import type { RedisConfig } from './manifest.js'
import { type QueueConsumer, QueueConsumers } from './queue-consumers.js'
import { queueKeys } from './queue-keys.js'
import { QueueStore, type Taken } from './queue-store.js'
import { Trimmer } from './trimmer.js'

/** So often at least a reader looks after what is due and after the dead, in milliseconds. */
const LOOK_EVERY_MS = 1_000
/** How long it waits when the server has no room or time. */
const PAUSE_MS = 500
/** So often it takes consumers out of the group that ended long ago. */
const SWEEP_EVERY_MS = 60_000

/**
 * Reads one queue for all consumers that this integration has of it, over its own connection, which blocks while there
 * is nothing. It asks for no more entries than its consumers have asked for. While an entry is in hand its idle time is
 * kept short, so that only the entries of the dead are claimed. When the last consumer has closed it gives the
 * connection back, and leaves the group as soon as nothing is in hand.
 */
export class QueueReader {
  readonly #link: Link
  readonly #queue: string
  readonly #config: RedisConfig
  readonly #context: AdapterContext
  readonly #clock: Clock
  readonly #onIdle: () => void
  readonly #store: QueueStore
  readonly #inHand: EntriesInHand
  readonly #trimmer: Trimmer
  readonly #connection: BlockingConnection
  readonly #consumers = new QueueConsumers()
  readonly #keeping: Timer
  readonly #forget: () => void
  /** The loop that reads, while there is one. */
  #loop: Promise<void> | undefined
  #isReading = false
  #leaving: Promise<void> | undefined
  #toLeave = false
  #recovering = true
  #nextLook = 0
  #nextSweep = 0
  #kick: () => void = ignore
  readonly #closing: (() => void)[] = []

  /** @param onIdle called when it is of no use any more: no consumer, and nothing in hand */
  constructor(
    link: Link,
    queue: string,
    config: RedisConfig,
    format: WireFormat,
    context: AdapterContext,
    onIdle: () => void,
  ) {
    const { clock, clientId, settings } = context
    this.#link = link
    this.#queue = queue
    this.#config = config
    this.#context = context
    this.#clock = clock
    this.#onIdle = onIdle
    const { consumer_group, consumer = clientId, payload_field: payloadField } = config
    const keys = queueKeys(queue, consumer_group)
    const maxFrame = settings.limits.frame
    this.#store = new QueueStore(link, keys, config, consumer, { payloadField, format, maxFrame })
    this.#inHand = new EntriesInHand(link, queue, keys, consumer_group, consumer, (entry, acknowledged) =>
      this.#settled(entry, acknowledged),
    )
    this.#trimmer = new Trimmer(link, queue, consumer_group, config.max_len, maxFrame, clock)
    const purpose = { role: 'queue', what: `queue ${JSON.stringify(queue)}` }
    this.#connection = new BlockingConnection(link, clock, purpose)
    this.#keeping = every(clock, config.claim_after / 3, () => this.#keep(), { background: true })
    this.#forget = link.whenEnded(() => {
      this.#keeping.cancel()
      this.#consumers.clear()
      this.#kick()
    })
  }

  /**
   * Adds a consumer; makes the group and the connection, unless they are there. A consumer that cannot be added leaves
   * nothing behind. Rejects with what ioredis rejects with, and with ConnectionError.
   * @param ready waits for the preparations
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
        this.#wakeUp()
      },
      close: () => this.#remove(consumer),
    }
  }

  /** Gives everything back that is in hand. The deliveries count: somebody had them. Never rejects. */
  async abandon(): Promise<void> {
    this.#consumers.clear()
    this.#interrupt()
    await this.#loop
    await this.#leaving
    await this.#inHand.abandon()
    if (this.#link.ended === undefined) await this.#store.leave([])
  }

  async #prepare(): Promise<void> {
    await this.#leaving
    await this.#store.createGroup()
    await this.#sweep()
    await this.#connection.open(this.#queue)
    if (this.#consumers.size === 0 && this.#loop === undefined) await this.#end()
  }

  async #remove(consumer: QueueConsumer): Promise<void> {
    if (this.#consumers.delete(consumer)) this.#interrupt()
    if (this.#consumers.size > 0) return
    if (this.#loop === undefined) await this.#end()
    else await new Promise<void>((resolve) => this.#closing.push(resolve))
  }

  /** The read that a closing consumer waited for has ended. */
  #closed(): void {
    for (const resolve of this.#closing.splice(0)) resolve()
  }

  /** A read that waits asks for more than is wanted now. */
  #interrupt(): void {
    this.#kick()
    this.#connection.interrupt()
  }

  /** The loop begins with the first demand, and ends when the last consumer has gone. */
  #wakeUp(): void {
    this.#kick()
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
        this.#closed()
        if (this.#consumers.demand > 0) this.#wakeUp()
      })
  }

  /** The last consumer has gone: frees the connection, gives back what nobody has seen and leaves the group. */
  async #end(): Promise<void> {
    if (!this.#isUnused()) return
    this.#toLeave = true
    this.#leaving ??= this.#leave()
    await this.#leaving
  }

  #isUnused(): boolean {
    return this.#consumers.size === 0 && this.#link.ended === undefined
  }

  /** Once more if the last entry in hand was settled meanwhile: the server was told that there is one. */
  async #leave(): Promise<void> {
    while (this.#toLeave && this.#isUnused()) {
      this.#toLeave = false
      this.#connection.close()
      this.#trimmer.trim()
      await this.#store.leave(this.#inHand.ids)
    }
    this.#leaving = undefined
    if (!this.#isUnused() || this.#inHand.size > 0) return
    this.#keeping.cancel()
    this.#forget()
    this.#onIdle()
  }

  async #run(): Promise<void> {
    await this.#leaving
    while (this.#consumers.size > 0 && this.#link.ended === undefined) {
      this.#closed()
      if (this.#consumers.demand === 0) {
        await this.#kicked()
        continue
      }
      if (this.#context.budget.isFull) {
        await this.#kicked((kick) => this.#context.budget.whenRoom(kick))
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

  #kicked(also: (kick: () => void) => void = ignore): Promise<void> {
    return new Promise((resolve) => {
      this.#kick = resolve
      also(resolve)
    })
  }

  async #recover(): Promise<void> {
    const taken = await this.#store.recover(this.#consumers.demand)
    if (taken === undefined) this.#recovering = false
    else await this.#deliverAll(taken)
  }

  async #look(): Promise<void> {
    const { inMs, taken } = await this.#store.take(this.#consumers.demand, true)
    this.#nextLook =
      this.#clock.monotonic() + Math.min(inMs ?? LOOK_EVERY_MS, LOOK_EVERY_MS, this.#config.claim_after / 2)
    this.#trimmer.trim()
    await this.#deliverAll(taken)
  }

  async #read(): Promise<void> {
    const block = Math.min(this.#config.block, this.#nextLook - this.#clock.monotonic())
    const { taken, woken } = await this.#store.read(this.#connection, this.#consumers.demand, block)
    if (woken) this.#nextLook = 0
    await this.#deliverAll(taken)
  }

  /** Goes on where the server says how; @throws the error where it does not. */
  async #mend(error: unknown): Promise<void> {
    if (this.#link.ended !== undefined) return
    const address = this.#link.redirected(this.#queue, error)
    if (address !== undefined) await this.#connection.moveTo(address)
    else if (isGroupGone(error)) {
      const message = `queue ${this.#queue}: the consumer group is gone; it is created again`
      this.#context.log({ level: 'warn', message })
      await this.#store.createGroup()
    } else if (isPassing(error)) {
      const reason = (error as Error).message
      this.#context.log({ level: 'warn', message: `queue ${this.#queue} cannot be read for now`, reason })
      await this.#kicked((kick) => void this.#clock.setTimer(PAUSE_MS, kick, { background: true }))
    } else throw error
  }

  async #deliverAll(taken: readonly Taken[]): Promise<void> {
    const surplus: string[] = []
    for (const { entry, attempt } of taken) {
      const { max_deliveries } = this.#config
      if (max_deliveries > 0 && attempt > max_deliveries && entry.defect === undefined)
        await this.#bury(entry, attempt)
      else if (!this.#consumers.deliver(() => this.#inHand.add(entry, attempt))) surplus.push(entry.id)
    }
    // The consumers that asked for them have closed: other processes may have them.
    await this.#inHand.undo(surplus)
  }

  async #bury(entry: Entry, attempt: number): Promise<void> {
    await this.#store.bury(entry, attempt)
    this.#trimmer.acknowledged(entry.id, entry.ours)
    const { payload, headers } = entry
    this.#context.deadLettered({
      queue: this.#queue,
      reason: `not settled in ${attempt - 1} deliveries (config.max_deliveries)`,
      attempts: attempt - 1,
      payload: new Uint8Array(payload),
      ...(headers && { headers }),
    })
  }

  #settled(entry: Entry, acknowledged: boolean): void {
    if (!acknowledged) this.#nextLook = 0
    // What was too large to be read stays in the stream: nobody has a copy of it.
    else this.#trimmer.acknowledged(entry.id, entry.ours && entry.defect === undefined)
    if (this.#inHand.size === 0 && !this.#isReading) void this.#end()
  }

  #keep(): void {
    void this.#inHand.keep()
    this.#trimmer.trim()
    void this.#sweep()
  }

  async #sweep(): Promise<void> {
    if (this.#clock.monotonic() < this.#nextSweep) return
    this.#nextSweep = this.#clock.monotonic() + SWEEP_EVERY_MS
    await this.#store.sweep()
  }

  #fail(error: unknown): void {
    if (this.#link.ended !== undefined) return
    const failure = this.#link.failure(
      error,
      (reason, context) => new DequeueError(this.#queue, reason, context),
    )
    this.#consumers.end(failure)
  }
}

function ignore(): void {}
