import { onAbort } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import { MailboxFullError } from '../core/errors/limits.js'
import { CancelledError, SerializeError } from '../core/errors/operation.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings/integration.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { RequestLimits } from '../mailbox/integration-mail.js'
import type { ActorBatch, ReceivedMessage, RequestOptions } from '../mailbox/protocol.js'
import { isWeighedExactly, SizeEstimate } from '../mailbox/size-estimate.js'
import type { Verb } from '../mailbox/verbs.js'
import { type CrashOutcome, crashOutcome, findInHand } from './crash-outcome.js'
import { drained } from './drained.js'
import { graceOf } from './grace.js'
import { RefusalPace } from './refusal-pace.js'
import { mailboxFull, timedOut, tooLarge } from './refusals.js'
import { Request } from './request.js'
import { type RequestChannel, RequestQueue, type Room } from './request-queue.js'

/** The callbacks of the ledger. */
export interface LedgerEvents {
  /** The host has settled a request that the actor has, so the actor may end it by this verb. */
  settledFirst(seq: number, verb: 'cancel' | 'expire'): void
  /** Returns why there is no connection now. */
  connectionFault(): Error | undefined
  /** Called before time-outs are checked, so that answers that have arrived are received first. */
  expiring(): void
  /** A message has killed too many actors and is dead-lettered. */
  poison(request: Request, reason: string): void
}

/**
 * Owns every request of one integration from its acceptance to its settlement, over all lives of the actor. Each
 * request is settled once: by an answer, a time-out, a cancellation, a crash or the end of the gateway.
 */
export class Ledger {
  readonly #name: string
  readonly #poisonThreshold: number
  readonly #clock: Clock
  readonly #events: LedgerEvents
  readonly #queue: RequestQueue
  readonly #size = new SizeEstimate()
  readonly #deadlines: DeadlineTimer
  readonly #refusals: RefusalPace
  readonly #budgetMs: number
  readonly #maxBytes: number
  readonly #mailboxFull: string
  /** When the ledger was created, in milliseconds of `clock.monotonic()`. */
  readonly #origin: number
  #operations = 0
  /**
   * Numbers of receives that the host settled while the actor had them. Their answers may contain a message to give
   * back.
   */
  readonly #abandoned = new Set<number>()

  constructor(settings: IntegrationSettings, poisonThreshold: number, clock: Clock, events: LedgerEvents) {
    this.#name = settings.name
    this.#poisonThreshold = poisonThreshold
    this.#clock = clock
    this.#events = events
    this.#budgetMs = operationBudgetMs(settings)
    this.#maxBytes = settings.limits.frame
    this.#mailboxFull = mailboxFull(settings.mailbox)
    this.#origin = clock.monotonic()
    this.#queue = new RequestQueue(clock, settings.mailbox, (request, reason) =>
      request.reject(new SerializeError(reason, { integration: this.#name })),
    )
    this.#deadlines = new DeadlineTimer(clock, (now) => this.#expire(now))
    this.#refusals = new RefusalPace(clock)
  }

  get depth(): { readonly waiting: number; readonly posted: number } {
    return this.#queue.depth
  }

  /** Rejects a request that is not accepted. */
  refuse(error: Error): Promise<never> {
    return new Promise((_, reject) => this.#refusals.pace(() => reject(error)))
  }

  /** Enters an accepted request. */
  enter(
    verb: Verb,
    target: string,
    value: unknown,
    options: RequestOptions | undefined,
    limits: RequestLimits | undefined,
  ): Promise<unknown> {
    const bytes = this.#size.of(value)
    if (bytes > this.#maxBytes && isWeighedExactly(value))
      return this.refuse(tooLarge(bytes, this.#maxBytes, this.#name))
    const own = limits?.timeoutMs
    // The actor enforces the default time-out, so the host's may be as coarse as the batch of the request.
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

  /** Whether the mailbox has room for another request. */
  get hasRoom(): boolean {
    return this.#queue.room() === 'room'
  }

  /**
   * Makes room in the mailbox for another request, by dropping the oldest if that is the overflow policy.
   * @param isConnected whether the actor is executing the requests that it has
   * @returns the error to refuse the request with; `undefined` if there is room
   */
  makeRoom(isConnected: boolean): MailboxFullError | undefined {
    for (;;) {
      const room = this.#queue.room()
      if (room === 'room') return undefined
      const full = new MailboxFullError(this.#mailboxFull, { integration: this.#name })
      const oldest = this.#oldest(room, isConnected)
      if (oldest === undefined) return full
      this.#forget(oldest, 'cancel')
      oldest.reject(full, this.#refusals)
    }
  }

  /** Posts waiting requests to a new life of the actor. */
  attach(channel: RequestChannel): void {
    this.#queue.attach(channel)
  }

  /** Settles the requests that a batch of the actor answers. */
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

  /** Hands the requests of a dead actor over to the next life, or settles them (docs/architecture.md, "A crash"). */
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
    // A request that names a delivery or source of this life must not reach the next life, which reuses the numbers.
    for (const request of [...this.#queue]) {
      const { onCrash } = request.traits
      if (onCrash !== 'answer-false' && onCrash !== 'answer-done') continue
      this.#queue.forget(request)
      this.#settleCrashed(request, onCrash, reason)
    }
    // One of these killed the actor: the next life executes them one at a time to find out which.
    for (const request of inHand) request.suspect = true
    this.#queue.putBack(handOver)
  }

  /** Resolves the requests for which `wanted` returns true, because they are obsolete. */
  drop(wanted: (request: Request) => boolean): void {
    for (const request of [...this.#queue]) {
      if (!wanted(request)) continue
      this.#queue.forget(request)
      request.resolve(undefined)
    }
  }

  /** Rejects the requests for which `wanted` returns true with ShutdownError, and tells the actor to end them. */
  abandon(wanted: (request: Request) => boolean): void {
    for (const request of [...this.#queue])
      if (wanted(request)) this.#giveUp(request, new ShutdownError({ integration: this.#name }))
  }

  /** Settles all requests. Nothing may be entered afterwards. */
  close(error: () => Error): void {
    this.#deadlines.cancel()
    for (const request of [...this.#queue]) {
      this.#queue.forget(request)
      if (request.verb === 'unsubscribe') request.resolve(undefined)
      else request.reject(error())
    }
  }

  /** Resolves when only receives and sources are in flight, or after `ms`. */
  drained(ms: number): Promise<void> {
    return drained(this.#queue, this.#clock, ms)
  }

  /** The request that `drop-oldest` drops. A posted request is older, but a connected actor is already executing it. */
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

  /** Gives back the message of a receive whose caller no longer waits. */
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

  #giveUp(request: Request, error: Error, by: 'cancel' | 'expire' = 'cancel'): void {
    if (request.state === 'settled') return
    this.#forget(request, by)
    request.reject(error)
  }

  #forget(request: Request, by: 'cancel' | 'expire'): void {
    const { seq, verb } = request
    if (!this.#queue.forget(request)) return
    if (verb === 'receive') this.#abandoned.add(seq)
    this.#events.settledFirst(seq, by)
  }

  #expire(now: number): number {
    this.#events.expiring()
    let next = Number.POSITIVE_INFINITY
    for (const request of this.#queue) {
      const due = this.#origin + request.expiresAfter + graceOf(request, this.#queue.isAttached)
      if (due > now) next = Math.min(next, due)
      else this.#timeOut(request)
    }
    return next
  }

  #timeOut(request: Request): void {
    if (request.verb !== 'receive') {
      const error = timedOut(request, this.#name, this.#events.connectionFault())
      return this.#giveUp(request, error, 'expire')
    }
    // No message in the time allowed is a normal answer, not an error.
    this.#forget(request, 'expire')
    request.resolve(null)
  }

  #settleCrashed(request: Request, outcome: Exclude<CrashOutcome, 'hand-over'>, reason: string): void {
    switch (outcome) {
      case 'answer-false':
        return request.resolve(false)
      case 'answer-done':
        return request.resolve(undefined)
      case 'dead-letter':
      case 'reject':
        if (outcome === 'dead-letter') this.#events.poison(request, reason)
        return request.reject(new ActorCrashedError(reason, true, { integration: this.#name }))
    }
  }
}
