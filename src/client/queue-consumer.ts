import { checkArgument, FUNCTION } from '../core/arguments.js'
import { ShutdownError } from '../core/errors.js'
import { INSPECT, shownAs } from '../core/inspect.js'
import type { NackOptions } from '../core/operation-options.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { OpenSource, SourceHandler } from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun } from '../mailbox/protocol.js'
import type { Worker } from '../mailbox/work.js'
import { QueueMessage } from './queue-message.js'
import type { QueueParts } from './queue-parts.js'
import { RunQueue } from './run-queue.js'

/**
 * The messages of a queue, never more of them unsettled than the concurrency asked for. Survives restarts of
 * its actor and of the broker.
 *
 * In a `for await` a message is acknowledged when the loop asks for the next one. Leaving the loop by
 * `break`, `return` or an exception gives the message in hand back, unless it was settled, and closes the
 * consumer. Several loops over one consumer share its messages. When the gateway shuts down, loops and `each` end
 * after the message in hand.
 */
export class QueueConsumer<T = unknown> implements AsyncIterable<QueueMessage<T>>, Worker {
  readonly queue: string
  readonly #concurrency: number
  readonly #nack: NackOptions | undefined
  readonly #parts: QueueParts
  readonly #make: (run: MessageRun, index: number) => QueueMessage<T>
  readonly #messages: RunQueue<QueueMessage<T>>
  /** Messages in the hands of loops. */
  #inLoops = 0
  /** Handlers of `each` that run. */
  readonly #handlers = {
    running: 0,
    get isBusy() {
      return this.running > 0
    },
    abandon: () => this.abandon(),
  }
  /** Resolves when a handler that does not end is not waited for any longer. */
  readonly #abandoned: Promise<void>
  #resolveAbandoned: () => void = () => {}
  #source: Promise<OpenSource> | undefined
  #open: OpenSource | undefined

  /** @internal */
  constructor(queue: string, concurrency: number, nack: NackOptions | undefined, parts: QueueParts) {
    this.queue = queue
    this.#concurrency = concurrency
    this.#nack = nack
    this.#parts = parts
    this.#make = (run, index) =>
      new QueueMessage<T>(
        parts.mail,
        run.life,
        queue,
        run.extras(index)!,
        () => run.value(index, undefined),
        run.payload(index),
      )
    this.#messages = new RunQueue<QueueMessage<T>>(parts.turn, this.#make, (run) => this.#credit(run))
    this.#abandoned = new Promise((resolve) => {
      this.#resolveAbandoned = resolve
    })
    parts.work.add(this)
  }

  /** @internal */
  abandon(): void {
    this.#resolveAbandoned()
  }

  /** @internal */
  get isBusy(): boolean {
    return this.#inLoops > 0 || this.#handlers.isBusy
  }

  /** @throws DequeueError when the broker refuses; when the consumer ends by a fault */
  [Symbol.asyncIterator](): AsyncIterator<QueueMessage<T>, undefined> {
    let inHand: QueueMessage<T> | undefined
    const drop = () => {
      const message = inHand
      inHand = undefined
      if (message !== undefined) this.#inLoops--
      return message?.isSettled === false ? message : undefined
    }
    return {
      next: async () => {
        const done = drop()
        if (done !== undefined) settleQuietly(done.ack())
        const next = await this.#messages.next()
        if (next.done) return next
        inHand = next.value
        this.#inLoops++
        return next
      },
      return: async () => {
        await drop()
          ?.nack(this.#nack)
          .catch(() => false)
        await this.close()
        return { value: undefined, done: true }
      },
    }
  }

  /**
   * Calls `handle` with each message, as many at a time as the concurrency says, until the consumer is closed:
   * acknowledges what it resolves for, gives back what it throws for. What it throws is logged, and is the reason of
   * the dead letter that the message may become.
   * Ends also when `close` or the shutdown no longer waits for a handler that does not end.
   * @throws DequeueError when the consumer ends by a fault; ConfigError when `handle` is not a function
   */
  async each(handle: (message: QueueMessage<T>) => Promise<void> | void): Promise<void> {
    checkArgument('each', 'handler', handle, FUNCTION, { integration: this.#parts.mail.name })
    const work = async () => {
      for (let next = await this.#messages.next(); !next.done; next = await this.#messages.next()) {
        this.#handlers.running++
        await this.#handle(handle, next.value)
        this.#handlers.running--
      }
    }
    await Promise.race([Promise.all(Array.from({ length: this.#concurrency }, work)), this.#abandoned])
  }

  /**
   * Ends it: messages that nobody has taken go back to the queue, uncounted. Resolves when the handlers of `each` that
   * run have ended, at the latest after the time-out of the integration: do not await it inside one. A loop goes on
   * with the message in hand. Never rejects; idempotent.
   */
  async close(): Promise<void> {
    // First, or the broker would deliver again what is given back.
    const closing = this.#open?.close()
    this.#giveBackUnseen()
    const { work, mail } = this.#parts
    const source = await this.#source?.catch(() => undefined)
    await Promise.all([closing ?? source?.close(), work.idle(mail.timeoutMs, this.#handlers)])
    work.remove(this)
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownAs('QueueConsumer', {
      queue: this.queue,
      state: this.#messages.hasEnded ? 'closed' : 'open',
      concurrency: this.#concurrency,
      inHand: this.#inLoops + this.#handlers.running,
    })
  }

  async #handle(
    handle: (message: QueueMessage<T>) => Promise<void> | void,
    message: QueueMessage<T>,
  ): Promise<void> {
    try {
      await handle(message)
    } catch (error) {
      this.#parts.handlerFailed(this.queue, error)
      if (!message.isSettled) settleQuietly(message.nack({ ...this.#nack, reason: messageOf(error) }))
      return
    }
    // A settlement that fails is not the handler's fault: the broker delivers the message again.
    if (!message.isSettled) await message.ack().catch(() => false)
  }

  #giveBackUnseen(): void {
    for (const message of this.#messages.endNow()) settleQuietly(message.undelivered())
  }

  /** Sent before the actor heard that this is over. */
  #giveBack(run: MessageRun): void {
    for (let i = 0; i < run.count; i++) settleQuietly(this.#make(run, i).undelivered())
  }

  /** Messages may be consumed before we hear that the consumer is open: their credit is given then. */
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
      ended: (error) => {
        if (error instanceof ShutdownError) this.#giveBackUnseen()
        else this.#messages.end(error)
      },
    }
  }
}

/** A settlement that fails means that the message comes again, which is what "at least once" is for. */
function settleQuietly(settlement: Promise<boolean>): void {
  settlement.catch(() => {})
}
