import { onAbort } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import {
  ActorCrashedError,
  CancelledError,
  MailboxFullError,
  SerializeError,
  ShutdownError,
} from '../core/errors.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { RequestLimits } from '../mailbox/integration-mail.js'
import type { ActorBatch, ReceivedMessage, RequestOptions } from '../mailbox/protocol.js'
import { isWeighedExactly, SizeEstimate } from '../mailbox/size-estimate.js'
import type { Verb } from '../mailbox/verbs.js'
import { type CrashOutcome, crashOutcome, findInHand } from './crash-outcome.js'
import { timedOut, tooLarge } from './refusals.js'
import { Request } from './request.js'
import { type RequestChannel, RequestQueue, type Room } from './request-queue.js'

/** How long a running actor may be late with its own time-out before the host gives up in its place. */
const GRACE_MS = 1_000

/** What the ledger reports to its owner. */
export interface LedgerEvents {
  /** A request that the actor has was given up: it need not go on with it. */
  givenUp(seq: number): void
  /** Why there is no connection now. */
  connectionFault(): Error | undefined
  /** Time-outs are about to be dealt with: answers that have arrived already must be received first. */
  expiring(): void
  /** A message has killed too many actors and was set aside. */
  poison(request: Request, reason: string): void
}

/**
 * Every request of one integration from its acceptance to its one settlement, over all lives of the actor:
 * by an answer, a time-out, a cancellation, a crash or the end of the gateway.
 */
export class Ledger {
  readonly #name: string
  readonly #poisonThreshold: number
  readonly #clock: Clock
  readonly #events: LedgerEvents
  readonly #queue: RequestQueue
  readonly #size = new SizeEstimate()
  readonly #deadlines: DeadlineTimer
  readonly #budgetMs: number
  readonly #maxBytes: number
  /** `clock.monotonic()` milliseconds at which the ledger began. */
  readonly #origin: number
  #operations = 0
  /** Numbers of receives that were given up while the actor had them. Their answers may hold a message. */
  readonly #abandoned = new Set<number>()

  constructor(settings: IntegrationSettings, poisonThreshold: number, clock: Clock, events: LedgerEvents) {
    this.#name = settings.name
    this.#poisonThreshold = poisonThreshold
    this.#clock = clock
    this.#events = events
    this.#budgetMs = operationBudgetMs(settings)
    this.#maxBytes = settings.limits.frame
    this.#origin = clock.monotonic()
    this.#queue = new RequestQueue(clock, settings.mailbox, (request, reason) =>
      request.reject(new SerializeError(reason, { integration: this.#name })),
    )
    this.#deadlines = new DeadlineTimer(clock, (now) => this.#expire(now))
  }

  get depth(): { readonly waiting: number; readonly posted: number } {
    return this.#queue.depth
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
    if (bytes > this.#maxBytes && isWeighedExactly(value))
      return Promise.reject(tooLarge(bytes, this.#maxBytes, this.#name))
    const own = limits?.timeoutMs
    // The actor keeps the default time-out; here it may be as coarse as the batch in which the request leaves.
    const now = own === undefined ? this.#queue.now() : this.#clock.monotonic()
    const deadline = own === undefined ? 0 : now + own
    const timeoutMs = own ?? this.#budgetMs
    const expiresAfter = Math.ceil(now - this.#origin + timeoutMs)
    const request = new Request(
      this.#operations++,
      verb,
      target,
      value,
      options,
      deadline,
      expiresAfter,
      timeoutMs,
      bytes,
    )
    if (limits?.signal !== undefined) this.#cancelOn(limits.signal, request)
    this.#queue.push(request)
    this.#deadlines.add(this.#origin + expiresAfter)
    return request.promise
  }

  /** Whether the mailbox has room for one request more. */
  get hasRoom(): boolean {
    return this.#queue.room() === 'room'
  }

  /**
   * Makes room in the mailbox for one request more, dropping the oldest where that is the policy.
   * @param isConnected whether the actor is at work on what it has.
   * @returns the error to refuse it with, when there is no room.
   */
  makeRoom(isConnected: boolean): MailboxFullError | undefined {
    for (;;) {
      const room = this.#queue.room()
      if (room === 'room') return undefined
      const full = new MailboxFullError(undefined, { integration: this.#name })
      const oldest = this.#oldest(room, isConnected)
      if (oldest === undefined) return full
      this.#giveUp(oldest, full)
    }
  }

  /** A new life of the actor: what waits goes to it. */
  attach(channel: RequestChannel): void {
    this.#queue.attach(channel)
  }

  /** What the actor has settled. */
  settle({ done, replies, failures }: ActorBatch, life: number): void {
    if (done !== undefined)
      for (let i = 0; i < done.length; i += 2)
        for (let seq = done[i]!, end = seq + done[i + 1]!; seq < end; seq++)
          this.#queue.take(seq)?.resolve(undefined)
    if (replies !== undefined)
      for (let i = 0; i < replies.seqs.length; i++) {
        const seq = replies.seqs[i]!
        const request = this.#queue.take(seq)
        if (request === undefined) this.#unclaimed(seq, replies.values[i])
        else this.#answer(request, replies.values[i], life)
      }
    if (failures !== undefined)
      for (let i = 0; i < failures.seqs.length; i++) {
        const seq = failures.seqs[i]!
        const request = this.#queue.take(seq)
        if (request === undefined) this.#abandoned.delete(seq)
        else request.reject(decodeError(failures.errors[i]!, this.#name))
      }
    this.#queue.settledSome()
  }

  /** The actor has died: what it had goes to its successor, or is settled (DESIGN section 2, the ledger). */
  crashed(gauges: Gauges, reason: string): void {
    const handOver: Request[] = []
    const posted = this.#queue.detach()
    const inHand = findInHand(posted, gauges)
    for (const request of posted) {
      const wasInHand = inHand.length === 1 && request === inHand[0]
      const outcome = crashOutcome(request, wasInHand, this.#poisonThreshold)
      if (wasInHand) request.deaths++
      if (outcome === 'hand-over') handOver.push(request)
      else this.#settleCrashed(request, outcome, reason)
    }
    this.#abandoned.clear()
    // What names something of the life that is over must not reach the next one, where its number means another thing.
    for (const request of [...this.#queue]) {
      const { onCrash } = request.traits
      if (onCrash !== 'answer-false' && onCrash !== 'answer-done') continue
      this.#queue.forget(request)
      this.#settleCrashed(request, onCrash, reason)
    }
    // One of several is to blame: the successor takes them one at a time, to learn which.
    for (const request of inHand) request.suspect = true
    this.#queue.putBack(handOver)
  }

  /** Settles those that `wanted` holds for, as if the actor had: they are of no use any more. */
  drop(wanted: (request: Request) => boolean): void {
    for (const request of [...this.#queue]) {
      if (!wanted(request)) continue
      this.#queue.forget(request)
      request.resolve(undefined)
    }
  }

  /** Those wanted reject with ShutdownError, and the actor need not go on with them. */
  abandon(wanted: (request: Request) => boolean): void {
    for (const request of [...this.#queue])
      if (wanted(request)) this.#giveUp(request, new ShutdownError({ integration: this.#name }))
  }

  /** Settles everything for good: nothing more is entered. */
  close(error: () => Error): void {
    this.#deadlines.cancel()
    for (const request of [...this.#queue]) {
      this.#queue.forget(request)
      if (request.verb === 'unsubscribe') request.resolve(undefined)
      else request.reject(error())
    }
  }

  /** Resolves when nothing is in flight except what may last indefinitely, at the latest after `ms`. */
  async drained(ms: number): Promise<void> {
    const until = this.#clock.monotonic() + ms
    for (;;) {
      const open = [...this.#queue].find((request) => !request.traits.isOpenEnded)
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

  /** Whom `drop-oldest` drops. What the actor has is older than what waits, but while it is connected it is at it. */
  #oldest(room: Exclude<Room, 'room'>, isConnected: boolean): Request | undefined {
    if (room === 'full') return undefined
    const { oldestWaiting, oldestPosted } = this.#queue
    return isConnected ? (oldestWaiting ?? oldestPosted) : (oldestPosted ?? oldestWaiting)
  }

  #cancelOn(signal: AbortSignal, request: Request): void {
    request.onSettled = onAbort(signal, () =>
      this.#giveUp(request, new CancelledError({ integration: this.#name, cause: signal.reason })),
    )
  }

  /** The caller of a receive has gone: its message goes back, uncounted. */
  #unclaimed(seq: number, value: unknown): void {
    if (!this.#abandoned.delete(seq) || value === null) return
    const { token } = (value as ReceivedMessage).extras
    this.enter('undelivered', '', token, undefined, undefined).catch(() => {})
  }

  #answer(request: Request, value: unknown, life: number): void {
    // A message can be settled only in the life that delivered it.
    const answer = request.verb === 'receive' && value !== null ? { life, message: value } : value
    request.resolve(answer)
  }

  #giveUp(request: Request, error: Error): void {
    if (request.state === 'settled') return
    this.#forget(request)
    request.reject(error)
  }

  #forget(request: Request): void {
    const { seq, verb } = request
    if (!this.#queue.forget(request)) return
    if (verb === 'receive') this.#abandoned.add(seq)
    this.#events.givenUp(seq)
  }

  #expire(now: number): number {
    this.#events.expiring()
    let next = Number.POSITIVE_INFINITY
    for (const request of this.#queue) {
      const expiresAt = this.#origin + request.expiresAfter
      // A receive asks whether a message is there now, however short its time: only the actor knows.
      const isActors = request.state === 'posted' || (request.verb === 'receive' && this.#queue.isAttached)
      const due = isActors ? expiresAt + GRACE_MS : expiresAt
      if (due > now) next = Math.min(next, due)
      else this.#timeOut(request)
    }
    return next
  }

  #timeOut(request: Request): void {
    if (request.verb !== 'receive')
      return this.#giveUp(request, timedOut(request, this.#name, this.#events.connectionFault()))
    // There was no message in the time allowed: that is an answer, not a fault.
    this.#forget(request)
    request.resolve(null)
  }

  #settleCrashed(request: Request, outcome: Exclude<CrashOutcome, 'hand-over'>, reason: string): void {
    switch (outcome) {
      case 'answer-false':
        return request.resolve(false)
      case 'answer-done':
        return request.resolve(undefined)
      case 'set-aside':
      case 'reject':
        if (outcome === 'set-aside') this.#events.poison(request, reason)
        return request.reject(new ActorCrashedError(reason, true, { integration: this.#name }))
    }
  }
}
