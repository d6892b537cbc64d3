import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import {
  ActorCrashedError,
  CancelledError,
  MailboxFullError,
  SerializeError,
  ShutdownError,
  TimeoutError,
} from '../core/errors.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { RequestLimits } from '../mailbox/integration-mail.js'
import type { Line } from '../mailbox/line.js'
import type { ActorBatch, ReceivedMessage, RequestBatch, RequestOptions } from '../mailbox/protocol.js'
import { isWeighedExactly, SizeEstimate } from '../mailbox/size-estimate.js'
import type { Verb } from '../mailbox/verbs.js'
import { type CrashOutcome, crashOutcome, findInHand } from './crash-outcome.js'
import { RequestEntry } from './request-entry.js'
import type { Room } from './request-lanes.js'
import { RequestPost } from './request-post.js'

/** How long a running actor may be late with its own time-out before the host gives up in its place. */
const GRACE_MS = 1_000

/** What the book tells its owner. */
export interface RequestBookEvents {
  /** A request that the actor has was given up: it need not go on with it. */
  givenUp(seq: number): void
  /** Time-outs are about to be dealt with: answers that have arrived already must be received first. */
  expiring(): void
  /** A message has killed too many actors and was set aside. */
  poison(entry: RequestEntry, reason: string): void
}

// One executor for all promises: a closure for each would cost more than the promise, and this is done for every message.
const settlers: Pick<RequestEntry, 'resolve' | 'reject'> = { resolve: () => {}, reject: () => {} }
function keepSettlers(resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  ;(settlers as { resolve: unknown }).resolve = resolve
  ;(settlers as { reject: unknown }).reject = reject
}

/**
 * Every request of one integration from its acceptance to its one settlement, over all lives of the actor:
 * by an answer, a time-out, a cancellation, a crash or the end of the gateway.
 */
export class RequestBook {
  readonly #name: string
  readonly #poisonThreshold: number
  readonly #clock: Clock
  readonly #events: RequestBookEvents
  readonly #post: RequestPost
  readonly #size = new SizeEstimate()
  readonly #deadlines: DeadlineTimer
  readonly #budgetMs: number
  readonly #maxBytes: number
  /** `clock.monotonic()` milliseconds at which the book began. */
  readonly #origin: number
  #operations = 0
  /** Numbers of receives that were given up while the actor had them. Their answers may hold a message. */
  readonly #abandoned = new Set<number>()

  constructor(
    settings: IntegrationSettings,
    poisonThreshold: number,
    clock: Clock,
    events: RequestBookEvents,
  ) {
    this.#name = settings.name
    this.#poisonThreshold = poisonThreshold
    this.#clock = clock
    this.#events = events
    this.#budgetMs = operationBudgetMs(settings)
    this.#maxBytes = settings.limits.frame
    this.#origin = clock.monotonic()
    this.#post = new RequestPost(clock, settings.mailbox, (entry, reason) =>
      this.#reject(entry, new SerializeError(reason, { integration: this.#name })),
    )
    this.#deadlines = new DeadlineTimer(clock, (now) => this.#expire(now))
  }

  get depth(): { readonly waiting: number; readonly posted: number } {
    return this.#post.depth
  }

  /** Enters a request that has been accepted. */
  enter(
    verb: Verb,
    target: string,
    value: unknown,
    options: RequestOptions | undefined,
    limits: RequestLimits | undefined,
  ): Promise<unknown> {
    const bytes = this.#size.of(value)
    if (bytes > this.#maxBytes && isWeighedExactly(value)) return Promise.reject(this.#tooLarge(bytes))
    const now = this.#clock.monotonic()
    const own = limits?.timeoutMs
    const deadline = own === undefined ? 0 : now + own
    const expiresAt = now + (own ?? this.#budgetMs)
    const promise = new Promise(keepSettlers)
    const entry = new RequestEntry(
      this.#operations++,
      verb,
      target,
      value,
      options,
      deadline,
      expiresAt - this.#origin,
      bytes,
      settlers.resolve,
      settlers.reject,
    )
    if (limits?.signal !== undefined) this.#cancelOn(limits.signal, entry)
    this.#post.push(entry)
    this.#deadlines.add(expiresAt)
    return promise
  }

  /**
   * Makes room in the mailbox for one request more, dropping the oldest where that is the policy.
   * @param isConnected whether the actor is at work on what it has.
   * @returns the error to refuse it with, when there is no room.
   */
  makeRoom(isConnected: boolean): MailboxFullError | undefined {
    for (;;) {
      const room = this.#post.room()
      if (room.kind === 'room') return undefined
      const full = new MailboxFullError(undefined, { integration: this.#name })
      const oldest = this.#oldest(room, isConnected)
      if (oldest === undefined) return full
      this.#giveUp(oldest, full)
    }
  }

  /** A new life of the actor: what waits goes to it. */
  attach(line: Line<RequestBatch, ActorBatch>): void {
    this.#post.attach(line)
  }

  /** What the actor has settled. */
  settle({ done, replies, failures }: ActorBatch, life: number): void {
    if (done !== undefined)
      for (let i = 0; i < done.length; i += 2)
        for (let seq = done[i]!, end = seq + done[i + 1]!; seq < end; seq++)
          this.#resolve(this.#post.take(seq), undefined)
    if (replies !== undefined)
      for (let i = 0; i < replies.seqs.length; i++) {
        const seq = replies.seqs[i]!
        const entry = this.#post.take(seq)
        if (entry === undefined) this.#unclaimed(seq, replies.values[i])
        else this.#answer(entry, replies.values[i], life)
      }
    if (failures !== undefined)
      for (let i = 0; i < failures.seqs.length; i++) {
        const seq = failures.seqs[i]!
        const entry = this.#post.take(seq)
        if (entry === undefined) this.#abandoned.delete(seq)
        else this.#reject(entry, decodeError(failures.errors[i]!, this.#name))
      }
    this.#post.settledSome()
  }

  /** The actor has died: what it had goes to its successor, or is settled (DESIGN section 2, the ledger). */
  crashed(gauges: Gauges, reason: string): void {
    const handOver: RequestEntry[] = []
    const posted = this.#post.detach()
    const inHand = findInHand(posted, gauges)
    for (const entry of posted) {
      const wasInHand = inHand.length === 1 && entry === inHand[0]
      const outcome = crashOutcome(entry, wasInHand, this.#poisonThreshold)
      if (wasInHand) entry.deaths++
      if (outcome === 'hand-over') handOver.push(entry)
      else this.#settleCrashed(entry, outcome, reason)
    }
    this.#abandoned.clear()
    // What names something of the life that is over must not reach the next one, where its number means another thing.
    for (const entry of [...this.#post]) {
      const { onCrash } = entry.traits
      if (onCrash !== 'answer-false' && onCrash !== 'answer-done') continue
      this.#post.forget(entry)
      this.#settleCrashed(entry, onCrash, reason)
    }
    // One of several is to blame: the successor takes them one at a time, to learn which.
    for (const entry of inHand) entry.suspect = true
    this.#post.putBack(handOver)
  }

  /** Settles those that `wanted` holds for, as if the actor had: they are of no use any more. */
  drop(wanted: (entry: RequestEntry) => boolean): void {
    for (const entry of [...this.#post]) {
      if (!wanted(entry)) continue
      this.#post.forget(entry)
      this.#resolve(entry, undefined)
    }
  }

  /** What is not settled by now rejects with ShutdownError, and the actor need not go on with it. */
  abandon(): void {
    for (const entry of [...this.#post])
      if (!entry.traits.settles) this.#giveUp(entry, new ShutdownError({ integration: this.#name }))
  }

  /** Settles everything for good: nothing more is entered. */
  close(error: () => Error): void {
    this.#deadlines.cancel()
    for (const entry of [...this.#post]) {
      this.#post.forget(entry)
      if (entry.verb === 'unsubscribe') this.#resolve(entry, undefined)
      else this.#reject(entry, error())
    }
  }

  /** Resolves when nothing is under way but what may last for ever, at the latest after `ms`. */
  async drained(ms: number): Promise<void> {
    const until = this.#clock.monotonic() + ms
    for (;;) {
      const open = [...this.#post].find((entry) => !entry.traits.isOpenEnded)
      const left = until - this.#clock.monotonic()
      if (open === undefined || left <= 0) return
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(left, resolve)
        const before = open.onSettled
        open.onSettled = () => {
          before?.()
          timer.cancel()
          resolve()
        }
      })
    }
  }

  #tooLarge(bytes: number): SerializeError {
    const reason = `the payload has ${bytes} bytes; "limits.frame" allows ${this.#maxBytes}`
    return new SerializeError(reason, { integration: this.#name, fault: 'local', notExecuted: true })
  }

  /** Whom `drop-oldest` drops. What the actor has is older than what waits, but while it is connected it is at it. */
  #oldest(room: Exclude<Room, { kind: 'room' }>, isConnected: boolean): RequestEntry | undefined {
    if (room.kind === 'full') return undefined
    const { oldestWaiting, oldestPosted } = this.#post
    return isConnected ? (oldestWaiting ?? oldestPosted) : (oldestPosted ?? oldestWaiting)
  }

  #cancelOn(signal: AbortSignal, entry: RequestEntry): void {
    const onAbort = () =>
      this.#giveUp(entry, new CancelledError({ integration: this.#name, cause: signal.reason }))
    signal.addEventListener('abort', onAbort, { once: true })
    entry.onSettled = () => signal.removeEventListener('abort', onAbort)
  }

  #resolve(entry: RequestEntry | undefined, value: unknown): void {
    if (entry === undefined) return
    entry.state = 'settled'
    entry.onSettled?.()
    entry.resolve(value)
  }

  /** The caller of a receive has gone: its message goes back, uncounted. */
  #unclaimed(seq: number, value: unknown): void {
    if (!this.#abandoned.delete(seq) || value === null) return
    const { token } = (value as ReceivedMessage).extras
    this.enter('undelivered', '', token, undefined, undefined).catch(() => {})
  }

  #answer(entry: RequestEntry, value: unknown, life: number): void {
    // A message can be settled only in the life that delivered it.
    const answer = entry.verb === 'receive' && value !== null ? { life, message: value } : value
    this.#resolve(entry, answer)
  }

  #reject(entry: RequestEntry, error: Error): void {
    if (entry.state === 'settled') return
    entry.state = 'settled'
    entry.onSettled?.()
    entry.reject(error)
  }

  #giveUp(entry: RequestEntry, error: Error): void {
    if (entry.state === 'settled') return
    this.#forget(entry)
    this.#reject(entry, error)
  }

  #forget(entry: RequestEntry): void {
    const { seq, verb } = entry
    if (!this.#post.forget(entry)) return
    if (verb === 'receive') this.#abandoned.add(seq)
    this.#events.givenUp(seq)
  }

  #expire(now: number): number {
    this.#events.expiring()
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.#post) {
      const expiresAt = this.#origin + entry.expiresAfter
      // A receive asks whether a message is there now, however short its time: only the actor knows.
      const isActors = entry.state === 'posted' || (entry.verb === 'receive' && this.#post.isAttached)
      const due = isActors ? expiresAt + GRACE_MS : expiresAt
      if (due > now) next = Math.min(next, due)
      else this.#timeOut(entry)
    }
    return next
  }

  #timeOut(entry: RequestEntry): void {
    const { verb, target } = entry
    if (verb !== 'receive') {
      return this.#giveUp(entry, new TimeoutError(`${verb} ${target}`.trim(), { integration: this.#name }))
    }
    // There was no message in the time allowed: that is an answer, not a fault.
    this.#forget(entry)
    this.#resolve(entry, null)
  }

  #settleCrashed(entry: RequestEntry, outcome: Exclude<CrashOutcome, 'hand-over'>, reason: string): void {
    switch (outcome) {
      case 'answer-false':
        return this.#resolve(entry, false)
      case 'answer-done':
        return this.#resolve(entry, undefined)
      case 'set-aside':
      case 'reject':
        if (outcome === 'set-aside') this.#events.poison(entry, reason)
        return this.#reject(entry, new ActorCrashedError(reason, true, { integration: this.#name }))
    }
  }
}
