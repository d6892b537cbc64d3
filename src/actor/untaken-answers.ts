import { Deque } from '../core/deque.js'
import type { HostMailbox, IncomingAnswers } from '../core/incoming-answers.js'
import type { Channel } from '../mailbox/channel.js'

/** From this many bytes on the host wakes the actor when it has taken them. Fewer are released with the next batch. */
const WATCHED_BYTES = 256 * 1024

/** The answers of one batch. */
interface Batch {
  /** The count of batches posted, including this one; wraps at 2^32. */
  readonly posted: number
  readonly bytes: number
}

/** Counts the answers that are on their way to the host until the host has taken their batch. */
export class UntakenAnswers implements HostMailbox {
  readonly #answers: Pick<IncomingAnswers, 'waits' | 'taken'>
  readonly #channel: Pick<Channel<unknown, unknown>, 'posted' | 'taken' | 'watchTaken'>
  readonly #onTheWay = new Deque<Batch>()
  /** Bytes of answers that were posted. */
  #posted = 0
  /** Bytes of answers in the batch that is being filled. */
  #filling = 0
  /** Whether somebody waits for their memory. */
  #isAwaited = false

  constructor(
    answers: Pick<IncomingAnswers, 'waits' | 'taken'>,
    channel: Pick<Channel<unknown, unknown>, 'posted' | 'taken' | 'watchTaken'>,
  ) {
    this.#answers = answers
    this.#channel = channel
  }

  /** Counts an answer that was added to the next batch. */
  add(bytes: number): void {
    this.#filling += bytes
    this.#answers.waits(bytes)
  }

  /** Reports that the batch has been posted. */
  posted(): void {
    if (this.#filling > 0) {
      this.#onTheWay.push({ posted: this.#channel.posted, bytes: this.#filling })
      this.#posted += this.#filling
      this.#filling = 0
    }
    this.woken()
  }

  /** Called when the host may have taken a batch. */
  woken(): void {
    if (this.#onTheWay.size === 0) return
    if (this.#isAwaited || this.#posted >= WATCHED_BYTES) this.#channel.watchTaken()
    this.#release()
  }

  collect(): void {
    this.#isAwaited = true
    this.woken()
  }

  #release(): void {
    const { taken } = this.#channel
    for (let first = this.#onTheWay.peek(); first !== undefined; first = this.#onTheWay.peek()) {
      if (((taken - first.posted) | 0) < 0) return
      this.#onTheWay.shift()
      this.#posted -= first.bytes
      this.#answers.taken(first.bytes)
    }
    if (this.#filling === 0) this.#isAwaited = false
  }
}
