import type { Clock, Timer } from '../core/clock.js'
import type { Channel } from '../mailbox/channel.js'
import type { ActorBatch, ActorNotice, ReceivedMessage, RequestBatch, Verb } from '../mailbox/protocol.js'
import { ReplyWriter } from '../mailbox/replies.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { RunBuilder } from '../mailbox/runs.js'
import { salvage } from '../mailbox/salvage.js'
import { SizeEstimate } from '../mailbox/size-estimate.js'
import type { UntakenAnswers } from './untaken-answers.js'

/**
 * A batch with this many packed messages is sent at once. The host takes it in one piece, in at most a third of a
 * millisecond.
 */
const FULL_MESSAGES = 1_024
/** As `FULL_MESSAGES`, for messages that cross as values. */
const FULL_VALUES = 384
/** A batch with this many bytes is sent at once. */
const FULL_BYTES = 512 * 1024
/**
 * The shortest time between two deliveries from topics: at a steady low rate, waking the host costs more than the
 * messages.
 */
const DELIVERY_PAUSE_MS = 4
/** The pause after a batch of `BUSY_FROM` messages or more. */
const BUSY_PAUSE_MS = 8
const BUSY_FROM = 16
/**
 * With this many calls in play, answers wait until `ANSWER_SHARE` of the calls have one. In play are the calls in
 * flight, and those whose answers the host has not taken yet: it is likely to send as many again.
 */
const MANY_CALLS = 16
const ANSWER_SHARE = 0.75
/** How long answers wait; twice this if `MANY_CALLS` more arrive in the first half. */
const ANSWER_PAUSE_MS = 2
/**
 * As `MANY_CALLS`, for acknowledgements. A broker settles fewer before the pause is over and would then be idle; a
 * broker that uses Nagle's algorithm would also delay its answers until we send again.
 */
const MANY_ACKNOWLEDGEMENTS = 384
/** The first acknowledgement after this pause is sent at once, because of Nagle's algorithm in the broker. */
const SILENCE_MS = 0.5

/** A request that is answered. */
type Answered = Pick<IncomingRequest, 'seq' | 'verb'>

type Schedule =
  | { readonly kind: 'idle' }
  | { readonly kind: 'end-of-turn'; readonly timer: Timer }
  | { readonly kind: 'paused'; readonly timer: Timer }

/**
 * Collects what the actor sends to the host into batches. Answers leave at the end of the turn; if more are expected
 * soon, the batch waits for them for a few milliseconds.
 */
export class Outbox {
  readonly #clock: Clock
  readonly #channel: Channel<ActorBatch, RequestBatch>
  readonly #writer = new ReplyWriter()
  readonly #inFlight: () => number
  readonly #settling: () => number
  readonly #answers: UntakenAnswers | undefined
  readonly #answerSize = new SizeEstimate()
  #schedule: Schedule = { kind: 'idle' }
  #flushedAt = Number.NEGATIVE_INFINITY
  #deliveredAt = Number.NEGATIVE_INFINITY
  #pauseMs = DELIVERY_PAUSE_MS
  #bytes = 0
  #isAccepting = false
  /** Answers sent since the host was last known to have taken all. */
  #untaken = 0
  /** The kind of run of the latest delivery. */
  #kind: 'values' | 'packed' = 'values'

  /**
   * @param inFlight how many requests are in flight, without the immediate ones (`isImmediate`)
   * @param settling how many immediate requests are in flight
   * @param answers counts the answers until the host has taken them
   */
  constructor(
    clock: Clock,
    channel: Channel<ActorBatch, RequestBatch>,
    inFlight: () => number,
    settling: () => number = () => 0,
    answers?: UntakenAnswers,
  ) {
    this.#clock = clock
    this.#channel = channel
    this.#inFlight = inFlight
    this.#settling = settling
    this.#answers = answers
  }

  /** Answers a request that succeeded without a value. */
  done(request: Answered): void {
    this.#writer.done(request.seq)
    this.#answered(request)
  }

  /** @param bytes the size of the answer on the wire, if it is known */
  reply(request: Answered, value: unknown, bytes = this.#sizeOf(request.verb, value)): void {
    this.#writer.reply(request.seq, value)
    this.#count(bytes)
    this.#answered(request)
  }

  /** @param bytes the size of the answer on the wire, if there is one */
  fail(request: Answered, error: unknown, bytes = 0): void {
    this.#writer.fail(request.seq, error)
    this.#count(bytes)
    this.#answered(request)
  }

  /** Wakes the host while an answer is still being read, if it is the only one in flight. */
  answerBegins(): void {
    if (this.#inFlight() === 1) this.#channel.nudge()
  }

  notice(notice: ActorNotice): void {
    this.#writer.notice(notice)
    this.#atEndOfTurn()
  }

  topicNumber(topic: string): number {
    return this.#writer.names.number(topic)
  }

  /** Returns the run for the next delivery of `source`. The caller must call `delivered` afterwards. */
  run(source: number, kind: 'values' | 'packed'): RunBuilder {
    this.#kind = kind
    return this.#writer.run(source, kind)
  }

  /**
   * Records that a message has been added to a run, and sends the batch now or later.
   * @param bytes the size of its payload
   * @param isAwaited whether the next message depends on this one, as with queues: the batch leaves this turn
   */
  delivered(bytes: number, isAwaited: boolean): void {
    this.#bytes += bytes
    const full = this.#kind === 'values' ? FULL_VALUES : FULL_MESSAGES
    if (this.#writer.messages >= full || this.#bytes >= FULL_BYTES) this.flush()
    else if (isAwaited) this.#atEndOfTurn()
    else if (this.#schedule.kind === 'idle')
      this.#after(this.#deliveredAt + this.#pauseMs - this.#clock.monotonic())
  }

  /**
   * Calls `accept`, then sends the answers of requests that it settled. Callers that await each publish depend on this.
   */
  whileAccepting(accept: () => void): void {
    // New requests mean that the host has taken its answers.
    this.#untaken = 0
    const before = this.#writer.settled
    this.#isAccepting = true
    accept()
    this.#isAccepting = false
    if (this.#writer.settled > before) this.flush()
  }

  /** Sends the batch now. */
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
      if (alone) this.#channel.postShort(batch, transfer)
      else this.#channel.post(batch, transfer)
    } catch {
      // Nothing was sent. Send again, with an error in place of each value that cannot be cloned.
      this.#channel.post(salvage(batch), transfer)
    }
    this.#answers?.posted()
    if (!alone) return
    // The host makes one call at a time: spin for the next one, after the other work of this turn.
    this.#clock.nextTurn(() => this.#channel.answeredAll())
  }

  get #isIdle(): boolean {
    return this.#inFlight() === 0 && this.#settling() === 0
  }

  #atEndOfTurn(): void {
    if (this.#schedule.kind === 'end-of-turn') return
    if (this.#schedule.kind === 'paused') this.#schedule.timer.cancel()
    this.#schedule = { kind: 'end-of-turn', timer: this.#clock.nextTurn(() => this.flush()) }
  }

  #sizeOf(verb: Verb, value: unknown): number {
    if (verb === 'call' || verb === 'batch') return this.#answerSize.of(value)
    if (verb === 'receive') return (value as ReceivedMessage | null)?.bytes?.byteLength ?? 0
    return 0
  }

  #count(bytes: number): void {
    if (bytes === 0) return
    this.#bytes += bytes
    this.#answers?.add(bytes)
  }

  #answered({ verb }: Answered): void {
    // Send now, because no other request can be answered in this turn, or because the batch is full.
    if ((this.#isIdle && !this.#isAccepting) || this.#bytes >= FULL_BYTES) return this.flush()
    if (!this.#awaitsMoreAnswers(verb)) this.#atEndOfTurn()
    else if (this.#schedule.kind === 'idle') this.#awaitAnswers('first')
  }

  #awaitsMoreAnswers(verb: Verb): boolean {
    const { settled } = this.#writer
    const inPlay = settled + this.#inFlight() + this.#stillUntaken()
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
    return this.#untaken > 0 && this.#channel.isOtherBusy ? this.#untaken : 0
  }

  #after(ms: number): void {
    if (ms <= 0) this.#atEndOfTurn()
    else this.#pause(ms, () => this.flush())
  }

  #pause(ms: number, then: () => void): void {
    this.#schedule = { kind: 'paused', timer: this.#clock.setTimer(ms, then) }
  }
}
