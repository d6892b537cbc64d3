import type { IntegrationMail, OpenSource, SourceHandler } from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun } from '../mailbox/protocol.js'
import type { Turn } from '../mailbox/turn.js'
import { type NackOptions, QueueMessage } from './queue-message.js'
import { RunQueue } from './run-queue.js'

/**
 * The messages of a queue, never more of them unsettled than the concurrency asked for. Survives restarts of
 * its actor and of the broker.
 *
 * In a `for await` a message is acknowledged when the loop asks for the next one. Leaving the loop by
 * `break`, `return` or an exception gives the message in hand back, unless it was settled, and closes the
 * consumer. Several loops over one consumer share its messages.
 */
export class QueueConsumer<T = unknown> implements AsyncIterable<QueueMessage<T>> {
  readonly queue: string
  readonly #concurrency: number
  readonly #nack: NackOptions | undefined
  readonly #make: (run: MessageRun, index: number) => QueueMessage<T>
  readonly #messages: RunQueue<QueueMessage<T>>
  #source: Promise<OpenSource> | undefined
  #open: OpenSource | undefined

  /** @internal */
  constructor(
    mail: IntegrationMail,
    queue: string,
    turn: Turn,
    concurrency: number,
    nack: NackOptions | undefined,
  ) {
    this.queue = queue
    this.#concurrency = concurrency
    this.#nack = nack
    this.#make = (run, index) =>
      new QueueMessage<T>(
        mail,
        run.life,
        queue,
        run.extras(index)!,
        () => run.value(index, undefined),
        run.payload(index),
      )
    this.#messages = new RunQueue<QueueMessage<T>>(turn, this.#make, (run) => this.#credit(run))
  }

  /** @throws DequeueError when the broker refuses; when the consumer ends by a fault */
  [Symbol.asyncIterator](): AsyncIterator<QueueMessage<T>, undefined> {
    let inHand: QueueMessage<T> | undefined
    return {
      next: async () => {
        if (inHand !== undefined && !inHand.isSettled) settleQuietly(inHand.ack())
        inHand = undefined
        const next = await this.#messages.next()
        inHand = next.value
        return next
      },
      return: async () => {
        if (inHand !== undefined && !inHand.isSettled) await inHand.nack(this.#nack).catch(() => false)
        await this.close()
        return { value: undefined, done: true }
      },
    }
  }

  /**
   * Calls `handle` with each message, as many at a time as the concurrency says, until the consumer is closed:
   * acknowledges what it resolves for, gives back what it throws for.
   * @throws DequeueError when the consumer ends by a fault
   */
  async each(handle: (message: QueueMessage<T>) => Promise<void> | void): Promise<void> {
    const work = async () => {
      for (let next = await this.#messages.next(); !next.done; next = await this.#messages.next()) {
        const message = next.value
        try {
          await handle(message)
          if (!message.isSettled) await message.ack()
        } catch {
          if (!message.isSettled) settleQuietly(message.nack(this.#nack))
        }
      }
    }
    await Promise.all(Array.from({ length: this.#concurrency }, work))
  }

  /** Ends it; messages that nobody has taken go back to the queue. Never rejects; idempotent. */
  async close(): Promise<void> {
    for (const message of this.#messages.endNow()) settleQuietly(message.undelivered())
    const source = await this.#source?.catch(() => undefined)
    await source?.close()
  }

  /** Sent before the actor heard that this is over. */
  #giveBack(run: MessageRun): void {
    for (let i = 0; i < run.count; i++) settleQuietly(this.#make(run, i).undelivered())
  }

  /** Messages may be consumed before we hear that the consumer stands: their credit is given then. */
  #credit({ count, bytes }: MessageRun): void {
    if (this.#open !== undefined) return this.#open.credit(count, bytes)
    this.#source?.then(
      (open) => open.credit(count, bytes),
      () => {},
    )
  }

  /** @internal */
  opening(source: Promise<OpenSource>): void {
    this.#source = source
    source.then(
      (open) => {
        this.#open = open
      },
      (error: Error) => this.#messages.end(error),
    )
  }

  /** @internal */
  handler(): SourceHandler {
    return {
      receive: (run: DeliveryRun, names: NameReader, life: number) => {
        const messages = new MessageRun(run, names, life)
        if (!this.#messages.push(messages)) this.#giveBack(messages)
      },
      dropped: () => {},
      // What was not handed out yet comes again.
      reborn: () => this.#messages.discard(),
      ended: (error) => this.#messages.end(error),
    }
  }
}

/** A settlement that fails means that the message comes again, which is what "at least once" is for. */
function settleQuietly(settlement: Promise<boolean>): void {
  settlement.catch(() => {})
}
