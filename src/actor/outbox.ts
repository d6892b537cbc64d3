import type { Clock, Timer } from '../core/clock.js'
import type { Channel } from '../mailbox/channel.js'
import type { ActorBatch, ActorNotice, RequestBatch, Verb } from '../mailbox/protocol.js'
import { ReplyWriter } from '../mailbox/replies.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { RunBuilder } from '../mailbox/runs.js'
import { salvage } from '../mailbox/salvage.js'

/** A batch this long leaves at once: the host takes it in one piece, in a third of a millisecond at most. */
const FULL_MESSAGES = 1_024
const FULL_VALUES = 384
const FULL_BYTES = 512 * 1024
/** Messages of topics wake the host at most this often: at a steady trickle the wake-ups cost more than the messages. */
const DELIVERY_PAUSE_MS = 4
/** The same where they are many: from so many in a batch on. */
const BUSY_PAUSE_MS = 8
const BUSY_FROM = 16
/**
 * With so many calls in play, answers wait until this share of them has one, but no longer than this, or twice this
 * where as many come in the first half of it. In play are those under way and those whose answers the host has yet
 * to take: it is about to send as many again.
 */
const MANY_CALLS = 16
const ANSWER_SHARE = 0.75
const ANSWER_PAUSE_MS = 2
/**
 * The same where the answers are acknowledgements. A broker is done with fewer before the pause is over, and then
 * has nothing to do; one that writes by Nagle's rule keeps its answers back besides until it hears from us.
 */
const MANY_ACKNOWLEDGEMENTS = 384
/** The first acknowledgement after so long, or refusal of one, goes at once: Nagle's rule again. */
const SILENCE_MS = 0.5

/** The request that is answered. */
type Answered = Pick<IncomingRequest, 'seq' | 'verb'>

type Schedule =
  | { readonly kind: 'idle' }
  | { readonly kind: 'end-of-turn'; readonly timer: Timer }
  | { readonly kind: 'paused'; readonly timer: Timer }

/**
 * What the actor says to the host. What somebody waits for leaves at the end of the turn; where there is more
 * of the kind to come, it fills up for a moment.
 */
export class Outbox {
  readonly #clock: Clock
  readonly #line: Channel<ActorBatch, RequestBatch>
  readonly #writer = new ReplyWriter()
  readonly #underWay: () => number
  readonly #settling: () => number
  #schedule: Schedule = { kind: 'idle' }
  #flushedAt = Number.NEGATIVE_INFINITY
  #deliveredAt = Number.NEGATIVE_INFINITY
  #pauseMs = DELIVERY_PAUSE_MS
  #bytes = 0
  #isAccepting = false
  /** Answers sent since the host was last seen to have taken all. */
  #untaken = 0
  /** Of the latest delivery. */
  #kind: 'values' | 'packed' = 'values'

  /**
   * @param underWay how many requests have been accepted and not been settled, without those that end something.
   * @param settling how many of those that end something have been accepted and not been answered.
   */
  constructor(
    clock: Clock,
    line: Channel<ActorBatch, RequestBatch>,
    underWay: () => number,
    settling: () => number = () => 0,
  ) {
    this.#clock = clock
    this.#line = line
    this.#underWay = underWay
    this.#settling = settling
  }

  /** A request succeeded and has no value to give. */
  done(request: Answered): void {
    this.#writer.done(request.seq)
    this.#answered(request)
  }

  reply(request: Answered, value: unknown): void {
    this.#writer.reply(request.seq, value)
    this.#answered(request)
  }

  fail(request: Answered, error: unknown): void {
    this.#writer.fail(request.seq, error)
    this.#answered(request)
  }

  /** An answer is being read: where it is the only one under way, the host wakes up meanwhile. */
  answerBegins(): void {
    if (this.#underWay() === 1) this.#line.nudge()
  }

  notice(notice: ActorNotice): void {
    this.#writer.notice(notice)
    this.#atEndOfTurn()
  }

  topicNumber(topic: string): number {
    return this.#writer.names.number(topic)
  }

  /** The run to which the next delivery of `source` is added; say `delivered` afterwards. */
  run(source: number, kind: 'values' | 'packed'): RunBuilder {
    this.#kind = kind
    return this.#writer.run(source, kind)
  }

  /**
   * A message of `bytes` has been added to a run.
   * @param isAwaited whether the next one comes only when this has been dealt with, as with queues.
   */
  delivered(bytes: number, isAwaited: boolean): void {
    this.#bytes += bytes
    const full = this.#kind === 'values' ? FULL_VALUES : FULL_MESSAGES
    if (this.#writer.messages >= full || this.#bytes >= FULL_BYTES) this.flush()
    else if (isAwaited) this.#atEndOfTurn()
    else if (this.#schedule.kind === 'idle')
      this.#after(this.#deliveredAt + this.#pauseMs - this.#clock.monotonic())
  }

  /** Calls `accept` to take in requests. What was done at once is answered at once: who awaits each publish waits for this. */
  whileAccepting(accept: () => void): void {
    // The host has looked at its answers: most of these requests follow from them.
    this.#untaken = 0
    const before = this.#writer.settled
    this.#isAccepting = true
    accept()
    this.#isAccepting = false
    if (this.#writer.settled > before) this.flush()
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#schedule.kind !== 'idle') this.#schedule.timer.cancel()
    this.#schedule = { kind: 'idle' }
    if (this.#writer.isEmpty) return
    this.#flushedAt = this.#clock.monotonic()
    if (this.#writer.messages > 0) {
      this.#deliveredAt = this.#flushedAt
      this.#pauseMs = this.#writer.messages >= BUSY_FROM ? BUSY_PAUSE_MS : DELIVERY_PAUSE_MS
    }
    this.#bytes = 0
    const { settled } = this.#writer
    const { batch, transfer } = this.#writer.take()
    this.#untaken = this.#stillUntaken() + settled
    const alone = settled === 1 && this.#isIdle
    try {
      if (alone) this.#line.postShort(batch, transfer)
      else this.#line.post(batch, transfer)
    } catch {
      // A value that cannot be cloned fails its own request or delivery; nothing was sent yet.
      this.#line.post(salvage(batch), transfer)
    }
    if (!alone) return
    // Calls come one at a time: spin for the next one, but only after the other work of this turn.
    this.#clock.nextTurn(() => this.#line.answeredAll())
  }

  get #isIdle(): boolean {
    return this.#underWay() === 0 && this.#settling() === 0
  }

  #atEndOfTurn(): void {
    if (this.#schedule.kind === 'end-of-turn') return
    if (this.#schedule.kind === 'paused') this.#schedule.timer.cancel()
    this.#schedule = { kind: 'end-of-turn', timer: this.#clock.nextTurn(() => this.flush()) }
  }

  #answered({ verb }: Answered): void {
    // Nothing is left that could be answered in this turn.
    if (this.#isIdle && !this.#isAccepting) return this.flush()
    if (!this.#awaitsMoreAnswers(verb)) this.#atEndOfTurn()
    else if (this.#schedule.kind === 'idle') this.#awaitAnswers('first')
  }

  #awaitsMoreAnswers(verb: Verb): boolean {
    const { settled } = this.#writer
    const inPlay = settled + this.#underWay() + this.#stillUntaken()
    if (settled >= inPlay * ANSWER_SHARE) return false
    if (verb === 'call') return inPlay >= MANY_CALLS
    if (settled === 1 && this.#clock.monotonic() - this.#flushedAt >= SILENCE_MS) return false
    return inPlay >= MANY_ACKNOWLEDGEMENTS
  }

  #awaitAnswers(half: 'first' | 'second'): void {
    const before = this.#writer.settled
    this.#pause(ANSWER_PAUSE_MS, () => {
      if (half === 'first' && this.#writer.settled - before >= MANY_CALLS) this.#awaitAnswers('second')
      else this.flush()
    })
  }

  #stillUntaken(): number {
    return this.#untaken > 0 && this.#line.isOtherBusy ? this.#untaken : 0
  }

  #after(ms: number): void {
    if (ms <= 0) this.#atEndOfTurn()
    else this.#pause(ms, () => this.flush())
  }

  #pause(ms: number, then: () => void): void {
    this.#schedule = { kind: 'paused', timer: this.#clock.setTimer(ms, then) }
  }
}
