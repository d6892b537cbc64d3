import { INSPECT, shownAs } from '../core/inspect.js'
import type {
  IntegrationMail,
  OpenSource,
  RequestLimits,
  SourceHandler,
  SourceRequest,
} from '../mailbox/integration-mail.js'
import { type Decode, MessageRun } from '../mailbox/message-run.js'
import type { Turn } from '../mailbox/turn.js'
import type { Work, Worker } from '../mailbox/work.js'
import { Message } from './message.js'
import { RunQueue } from './run-queue.js'

/**
 * A subscription to a topic pattern. It is opened again after a crash of its actor or a lost connection.
 *
 * Read it by `for await`, by `recv`, or both: several readers share the messages. Leaving a `for await` loop closes the
 * subscription. Each subscription has its own buffer and overflow policy, so an unread subscription stops no other,
 * although equal subscriptions of an integration share one subscription at the broker.
 */
export class Subscription<T = unknown> implements AsyncIterable<Message<T>>, Worker {
  /** The pattern of topics, as it was subscribed. */
  readonly pattern: string
  readonly #queue: RunQueue<Message<T>>
  readonly #work: Work
  /** The number of loops that have not ended. */
  #loops = 0
  #source: Promise<OpenSource> | undefined
  #open: OpenSource | undefined
  #dropped = 0
  #droppedInEarlierLives = 0
  #life = 0
  /** The latest life of the actor that has died. Credit for its messages is not returned to the next life. */
  #deadLife = 0

  /** @internal */
  constructor(pattern: string, turn: Turn, decode: Decode | undefined, work: Work) {
    this.pattern = pattern
    this.#work = work
    this.#queue = new RunQueue(
      turn,
      (run, index) => new Message<T>(run, index, decode),
      (run) => this.#finished(run),
    )
  }

  /** How many messages were dropped because the buffer was full, or lost before they reached the gateway. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * Waits for the next message; may be called concurrently.
   * @returns the message; `undefined` once the subscription is closed
   * @throws SubscribeError if the broker ended the subscription, MailboxFullError with `overflow: "reject"`
   */
  async recv(): Promise<Message<T> | undefined> {
    return (await this.#queue.next()).value
  }

  /** Takes the next message without a promise, if there is one: after `undefined`, `recv` waits. @internal */
  takeNow(): Message<T> | undefined {
    return this.#queue.takeNow()
  }

  /**
   * Ends the subscription and discards unread messages. Never rejects; idempotent. Resolves when the broker has been
   * told.
   */
  async close(): Promise<void> {
    this.#end(undefined, true)
    this.#work.remove(this)
    const source = await this.#source?.catch(() => undefined)
    await source?.close()
  }

  /**
   * Iterates over the messages. Leaving the loop closes the subscription.
   * @returns an iterator, done once the subscription is closed
   * @throws what `recv` throws, by `next`
   */
  [Symbol.asyncIterator](): AsyncIterator<Message<T>, undefined> {
    this.#loops++
    return {
      next: () => this.#next(),
      return: async () => {
        this.#loops--
        await this.close()
        return { value: undefined, done: true }
      },
    }
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    const { pattern, dropped } = this
    return shownAs('Subscription', { pattern, state: this.#queue.hasEnded ? 'closed' : 'open', dropped })
  }

  /** Whether the body of a loop is running, or a loop has unread messages. @internal */
  get isBusy(): boolean {
    return this.#loops > this.#queue.waiting || (this.#loops > 0 && this.#queue.hasMessages)
  }

  /** Whether it has ended and no loop has anything left to do. @internal */
  get isOver(): boolean {
    return this.#queue.hasEnded && !this.#queue.hasMessages && !this.isBusy
  }

  /**
   * Opens the subscription. Resolves when the broker has granted it.
   * @param verb `collect` for results of calls instead of messages of a broker
   * @throws what `open` of the mail throws
   * @internal
   */
  async opening(
    mail: IntegrationMail,
    wanted: SourceRequest,
    limits: RequestLimits | undefined,
    verb: 'subscribe' | 'collect' = 'subscribe',
  ): Promise<OpenSource> {
    this.#source = mail.open(verb, this.pattern, wanted, this.#handler(), limits)
    this.#open = await this.#source
    this.#work.add(this)
    return this.#open
  }

  #handler(): SourceHandler {
    return {
      receive: (run, names, life) => {
        this.#life = life
        const messages = new MessageRun(run, names, life)
        // After the close `push` ignores the run; its credit is not needed.
        this.#queue.push(messages)
      },
      dropped: (total) => {
        this.#dropped = this.#droppedInEarlierLives + total
      },
      restarted: () => {
        this.#deadLife = this.#life
        this.#droppedInEarlierLives = this.#dropped
      },
      ended: (error) => this.#end(error, false),
    }
  }

  /**
   * The `next` of a loop. Returns the promise of the queue itself, because another promise for every message costs too
   * much.
   */
  #next(): Promise<IteratorResult<Message<T>, undefined>> {
    const next = this.#queue.next()
    if (this.#queue.hasEnded)
      next.then(
        ({ done }) => {
          if (done) this.#loops--
        },
        () => this.#loops--,
      )
    return next
  }

  #end(error: Error | undefined, discard: boolean): void {
    // Waiting loops end now, without a call of `return`.
    if (discard || !this.#queue.hasMessages) this.#loops -= Math.min(this.#loops, this.#queue.waiting)
    this.#queue.end(error, discard)
  }

  #finished({ count, bytes, life }: MessageRun): void {
    if (life <= this.#deadLife) return
    if (this.#open !== undefined) return this.#open.credit(count, bytes)
    // Retained messages may arrive before the subscription is granted; their credit is returned after that.
    this.#source?.then(
      (source) => source.credit(count, bytes),
      () => {},
    )
  }
}
