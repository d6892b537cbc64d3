import { checkArgument, FUNCTION } from '../core/arguments.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { INSPECT, shownAs } from '../core/inspect.js'
import type { NackOptions } from '../core/operation-options.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { OpenSource, SourceHandler } from '../mailbox/integration-mail.js'
import { MessageRun } from '../mailbox/message-run.js'
import type { NameReader } from '../mailbox/names.js'
import type { DeliveryRun } from '../mailbox/protocol.js'
import type { Worker } from '../mailbox/work.js'
import type { QueueDependencies } from './queue-dependencies.js'
import { QueueMessage } from './queue-message.js'
import { RunQueue } from './run-queue.js'

/**
 * A consumer of a queue. At most `concurrency` messages are unsettled at a time. The consumer is opened again after a
 * crash of its actor or a lost connection.
 *
 * In a `for await` loop a message is acknowledged when the loop asks for the next one. Leaving the loop by `break`,
 * `return` or an exception gives the current message back, unless it was settled, and closes the consumer. Several
 * loops share the messages. When the gateway shuts down, loops and `each` end after the current message.
 */
export class QueueConsumer<T = unknown> implements AsyncIterable<QueueMessage<T>>, Worker {
  /** The queue that it consumes. */
  readonly queue: string
  readonly #concurrency: number
  readonly #nack: NackOptions | undefined
  readonly #parts: QueueDependencies
  readonly #make: (run: MessageRun, index: number) => QueueMessage<T>
  readonly #messages: RunQueue<QueueMessage<T>>
  /** Messages that loop bodies are processing. */
  #inLoops = 0
  /** The running handlers of `each`. */
  readonly #handlers = {
    running: 0,
    get isBusy() {
      return this.running > 0
    },
    abandon: () => this.abandon(),
  }
  /** Resolves when `each` must no longer wait for its handlers. */
  readonly #abandoned: Promise<void>
  #resolveAbandoned: () => void = () => {}
  #source: Promise<OpenSource> | undefined
  #open: OpenSource | undefined

  /** @internal */
  constructor(queue: string, concurrency: number, nack: NackOptions | undefined, parts: QueueDependencies) {
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

  /** Whether it has ended and nobody has a message of it in hand. @internal */
  get isOver(): boolean {
    return this.#messages.hasEnded && !this.#messages.hasMessages && !this.isBusy
  }

  /**
   * Iterates over the messages: see the class. Several loops may run at the same time.
   * @returns an iterator, done once the consumer is closed
   * @throws DequeueError if the broker refuses, or the consumer ends with an error
   */
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
   * Calls `handle` with each message, up to `concurrency` at a time, until the consumer is closed.
   *
   * Acknowledges a message when its handler resolves, and gives it back when the handler throws. The error is logged,
   * and becomes the reason if the message is dead-lettered. Resolves when the consumer is closed and its handlers
   * have ended, or when `close` or the shutdown stops waiting for them.
   * @param handle called on this thread; a promise that it returns is awaited
   * @throws DequeueError if the consumer ends with an error; ConfigError if `handle` is not a function
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
   * Ends the consumer and gives its unread messages back, uncounted. Loops continue with their current message.
   *
   * Resolves when all running handlers of `each` have ended, or after the time-out of the integration, so do not await
   * it inside a handler. Never rejects; idempotent.
   */
  async close(): Promise<void> {
    // Close before giving messages back; otherwise the broker would deliver them to this consumer again.
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
      inHand: this.#inHand,
    })
  }

  get #inHand(): number {
    return this.#inLoops + this.#handlers.running
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
    // A failed settlement is not an error of the handler: the broker delivers the message again.
    if (!message.isSettled) await message.ack().catch(() => false)
  }

  #giveBackUnseen(): void {
    for (const message of this.#messages.endNow()) settleQuietly(message.undelivered())
  }

  /** Gives back the messages that no handler has begun, and goes on. */
  #returnUnread(): void {
    for (const message of this.#messages.takeAll()) settleQuietly(message.undelivered())
  }

  /** Gives back messages that the actor sent before it knew that the consumer is closed. */
  #giveBack(run: MessageRun): void {
    for (let i = 0; i < run.count; i++) settleQuietly(this.#make(run, i).undelivered())
  }

  /**
   * Returns credit. Messages may arrive before the consumer is known to be open; their credit is returned after that.
   */
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
      inHand: () => this.#inHand,
      dropped: () => {},
      // Unread messages are discarded, because the broker delivers them again.
      restarted: () => this.#messages.discard(),
      // The predecessor gives them back, and the successor gets them from the broker.
      moved: () => this.#returnUnread(),
      ended: (error) => {
        if (error instanceof ShutdownError) this.#giveBackUnseen()
        else this.#messages.end(error)
      },
    }
  }
}

/** Ignores a failed settlement: the broker then delivers the message again. */
function settleQuietly(settlement: Promise<boolean>): void {
  settlement.catch(() => {})
}
