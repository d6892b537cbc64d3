import type { Decode, MessageRun } from '../mailbox/message-run.js'
import type { FeedMember, FeedSeat } from '../mailbox/topic-feeds.js'
import type { Turn } from '../mailbox/turn.js'
import { Message } from './message.js'
import { RunQueue } from './run-queue.js'

/**
 * The messages of a topic pattern. Survives restarts of its actor and of the broker. Consumed by `for await`,
 * by `recv`, or both; several consumers share the messages between them. Leaving a `for await` closes it.
 */
export class Subscription<T = unknown> implements AsyncIterable<Message<T>> {
  readonly pattern: string
  readonly #queue: RunQueue<Message<T>>
  #seat: FeedSeat | undefined
  #dropped = 0

  /** @internal */
  constructor(pattern: string, turn: Turn, decode: Decode | undefined) {
    this.pattern = pattern
    this.#queue = new RunQueue(
      turn,
      (run, index) => new Message<T>(run, index, decode),
      (run) => this.#seat?.finished(run),
    )
  }

  /** Messages that were dropped for want of room, under the overflow policies that drop. */
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
    this.#queue.end(undefined, true)
    await this.#seat?.leave()
  }

  [Symbol.asyncIterator](): AsyncIterator<Message<T>, undefined> {
    return {
      next: () => this.#queue.next(),
      return: async () => {
        await this.close()
        return { value: undefined, done: true }
      },
    }
  }

  /** @internal */
  member(): FeedMember {
    return {
      receive: (run: MessageRun) => this.#queue.push(run),
      dropped: (total) => {
        this.#dropped = total
      },
      ended: (error) => this.#queue.end(error),
    }
  }

  /** @internal */
  seated(seat: FeedSeat): void {
    this.#seat = seat
  }
}
