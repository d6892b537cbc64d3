import { onAbort } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import type { ShutdownError } from '../core/errors/lifecycle.js'
import { MailboxFullError } from '../core/errors/limits.js'
import { CancelledError, SerializeError } from '../core/errors/operation.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings/integration.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { RequestLimits } from '../mailbox/integration-mail.js'
import type { ActorBatch, ReceivedMessage, RequestOptions } from '../mailbox/protocol.js'
import { isWeighedExactly, SizeEstimate } from '../mailbox/size-estimate.js'
import type { Verb } from '../mailbox/verbs.js'
import { settleCrashed } from './crash-settlement.js'
import { drained } from './drained.js'
import { graceOf } from './grace.js'
import type { LedgerEvents, LedgerOrigin } from './ledger-events.js'
import { oldestOf } from './oldest.js'
import { RefusalPace } from './refusal-pace.js'
import { mailboxFull, timedOut, tooLarge } from './refusals.js'
import { Request, type RequestOwner } from './request.js'
import { isEnding, isMovable } from './request-kinds.js'
import { type RequestChannel, RequestQueue } from './request-queue.js'

/**
 * Owns every request of one integration from its acceptance to its settlement, over all lives of the actor. Each
 * request is settled once: by an answer, a time-out, a cancellation, a crash or the end of the gateway.
 *
 * A hand-over makes a new ledger for the successor. The predecessor's settles what its actor still has.
 */
export class Ledger implements RequestOwner {
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
  readonly #origin: LedgerOrigin
  /**
   * Numbers of receives that the host settled while the actor had them. Their answers may contain a message to give
   * back.
   */
  readonly #abandoned = new Set<number>()

  constructor(
    settings: IntegrationSettings,
    poisonThreshold: number,
    clock: Clock,
    events: LedgerEvents,
    origin: LedgerOrigin = { at: clock.monotonic(), operations: 0 },
  ) {
    this.#name = settings.name
    this.#poisonThreshold = poisonThreshold
    this.#clock = clock
    this.#events = events
    this.#budgetMs = operationBudgetMs(settings)
    this.#maxBytes = settings.limits.frame
    this.#mailboxFull = mailboxFull(settings.mailbox)
    this.#origin = origin
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
    const expiresAfter = Math.ceil(now - this.#origin.at + timeoutMs)
    const request = new Request(
      this,
      this.#origin.operations++,
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
    this.#deadlines.add(this.#origin.at + expiresAfter)
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
      const oldest = room === 'full' ? undefined : oldestOf(this.#queue, isConnected)
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
        else request.answer(replies.values[i], life)
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

  /**
   * Hands the requests of a dead actor over to the next life, or settles them (docs/architecture.md, "A crash").
   * @param heir the ledger that gets them; this one if absent
   */
  crashed(gauges: Gauges, reason: string, heir: Ledger = this): void {
    const handOver = settleCrashed(this.#queue, gauges, reason, {
      integration: this.#name,
      poisonThreshold: this.#poisonThreshold,
      poison: (request) => this.#events.poison(request, reason),
    })
    this.#abandoned.clear()
    if (heir === this) return this.#queue.putBack(handOver)
    heir.adopt(handOver)
    this.#deadlines.cancel()
  }

  /** Resolves the requests for which `wanted` returns true, because they are obsolete. */
  drop(wanted: (request: Request) => boolean): void {
    for (const request of [...this.#queue]) {
      if (!wanted(request)) continue
      this.#queue.forget(request)
      request.resolve(undefined)
    }
  }

  /** Rejects the requests for which `wanted` returns true, and tells the actor to end them. */
  abandon(wanted: (request: Request) => boolean, error: ShutdownError): void {
    for (const request of [...this.#queue]) if (wanted(request)) this.giveUp(request, error)
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

  /** Resolves when no request is in flight for which `isAwaited` returns true, or after `ms`. */
  drained(ms: number, isAwaited: (request: Request) => boolean = isEnding): Promise<void> {
    return drained(this.#queue, this.#clock, ms, isAwaited)
  }

  /** Rejects a request whose caller no longer waits, and tells the actor to end it. */
  giveUp(request: Request, error: Error, by: 'cancel' | 'expire' = 'cancel'): void {
    if (request.state === 'settled') return
    this.#forget(request, by)
    request.reject(error)
  }

  /** Keeps user requests waiting until `release`, because the predecessor must settle earlier ones first. */
  hold(): void {
    this.#queue.hold()
  }

  release(): void {
    this.#queue.release()
  }

  /**
   * Removes the requests that the actor need not have: those that wait, and posted ones that may wait indefinitely. The
   * actor is told to end the latter.
   * @returns them in order
   */
  takeMovable(): Request[] {
    return this.#queue.takeAll((request) => {
      if (!isMovable(request)) return false
      if (request.state === 'posted') this.#endPosted(request, 'cancel')
      return true
    })
  }

  /** Takes requests of another ledger, before its own. */
  adopt(requests: readonly Request[]): void {
    for (const request of requests) {
      request.owner = this
      this.#deadlines.add(this.#origin.at + request.expiresAfter)
    }
    this.#queue.putBack(requests)
    this.#queue.settledSome()
  }

  #cancelOn(signal: AbortSignal, request: Request): void {
    request.onSettled = onAbort(signal, () =>
      request.owner.giveUp(request, new CancelledError({ integration: this.#name, cause: signal.reason })),
    )
  }

  /** Gives back the message of a receive whose caller no longer waits. */
  #unclaimed(seq: number, value: unknown): void {
    if (!this.#abandoned.delete(seq) || value === null) return
    const { token } = (value as ReceivedMessage).extras
    this.enter('undelivered', '', token, undefined, undefined).catch(() => {})
  }

  #forget(request: Request, by: 'cancel' | 'expire'): void {
    if (this.#queue.forget(request)) this.#endPosted(request, by)
  }

  /** Tells the actor to end a request whose answer nobody awaits any more. */
  #endPosted({ seq, verb }: Request, by: 'cancel' | 'expire'): void {
    if (verb === 'receive') this.#abandoned.add(seq)
    if (this.#queue.isAttached) this.enter(by, '', seq, undefined, undefined).catch(() => {})
  }

  #expire(now: number): number {
    this.#events.expiring()
    let next = Number.POSITIVE_INFINITY
    for (const request of this.#queue) {
      const due = this.#origin.at + request.expiresAfter + graceOf(request, this.#queue.isAttached)
      if (due > now) next = Math.min(next, due)
      else this.#timeOut(request)
    }
    return next
  }

  #timeOut(request: Request): void {
    if (request.verb !== 'receive') {
      const error = timedOut(request, this.#name, this.#events.connectionFault())
      return this.giveUp(request, error, 'expire')
    }
    // No message in the time allowed is a normal answer, not an error.
    this.#forget(request, 'expire')
    request.resolve(null)
  }
}
