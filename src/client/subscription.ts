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
 * The messages of a topic pattern. Survives restarts of its actor and of the broker. Consumed by `for await`,
 * by `recv`, or both; several consumers share the messages between them. Leaving a `for await` closes it.
 *
 * Each subscription has its own buffer and its own overflow policy: one that is not read stops no other, not even an
 * equal one. At the broker, equal subscriptions of one integration are one.
 */
export class Subscription<T = unknown> implements AsyncIterable<Message<T>>, Worker {
  readonly pattern: string
  readonly #queue: RunQueue<Message<T>>
  readonly #work: Work
  /** Loops that have not ended. */
  #loops = 0
  #source: Promise<OpenSource> | undefined
  #open: OpenSource | undefined
  #dropped = 0
  #droppedInEarlierLives = 0
  #life = 0
  /** Credit for what this life and earlier ones sent means nothing to their successor. */
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

  /** Messages that were lost to it: dropped because there was no room, or gone before they reached the gateway. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * The next message; `undefined` once the subscription is closed.
   * @throws SubscribeError when the broker ended it, MailboxFullError under `overflow: "reject"`
   */
  async recv(): Promise<Message<T> | undefined> {
    return (await this.#queue.next()).value
  }

  /** Ends it; messages that have not been consumed are discarded. Never rejects; idempotent. */
  async close(): Promise<void> {
    this.#end(undefined, true)
    this.#work.remove(this)
    const source = await this.#source?.catch(() => undefined)
    await source?.close()
  }

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

  /** Whether a loop is in its body or has messages to come. @internal */
  get isBusy(): boolean {
    return this.#loops > this.#queue.waiting || (this.#loops > 0 && this.#queue.hasMessages)
  }

  /** Resolves when the broker has granted it. @throws what `open` of the mail throws @internal */
  async opening(
    mail: IntegrationMail,
    wanted: SourceRequest,
    limits: RequestLimits | undefined,
  ): Promise<void> {
    this.#source = mail.open('subscribe', this.pattern, wanted, this.#handler(), limits)
    this.#open = await this.#source
    this.#work.add(this)
  }

  #handler(): SourceHandler {
    return {
      receive: (run, names, life) => {
        this.#life = life
        const messages = new MessageRun(run, names, life)
        // What the actor sent before it heard of the close needs no credit any more.
        this.#queue.push(messages)
      },
      dropped: (total) => {
        this.#dropped = this.#droppedInEarlierLives + total
      },
      reborn: () => {
        this.#deadLife = this.#life
        this.#droppedInEarlierLives = this.#dropped
      },
      ended: (error) => this.#end(error, false),
    }
  }

  /** For a loop. The promise of the queue is handed on as it is: this is done for every message. */
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
    // Loops that wait end now, and do not say so.
    if (discard || !this.#queue.hasMessages) this.#loops -= Math.min(this.#loops, this.#queue.waiting)
    this.#queue.end(error, discard)
  }

  #finished({ count, bytes, life }: MessageRun): void {
    if (life <= this.#deadLife) return
    if (this.#open !== undefined) return this.#open.credit(count, bytes)
    // Retained messages may come before the grant: their credit is given then.
    this.#source?.then(
      (source) => source.credit(count, bytes),
      () => {},
    )
  }
}
