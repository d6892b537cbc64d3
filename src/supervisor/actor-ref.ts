import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import {
  ActorCrashedError,
  CancelledError,
  CircuitOpenError,
  type IntegrationError,
  MailboxFullError,
  SerializeError,
  ShutdownError,
  TimeoutError,
} from '../core/errors.js'
import type { Capability } from '../core/manifest.js'
import type { Capacity } from '../core/overflow.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings.js'
import { decodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type {
  IntegrationMail,
  OpenSource,
  RequestLimits,
  SourceHandler,
  SourceRequest,
} from '../mailbox/integration-mail.js'
import { Line, type LineEnd } from '../mailbox/line.js'
import { NameReader } from '../mailbox/names.js'
import {
  type ActorBatch,
  type ActorNotice,
  type RequestBatch,
  type RequestOptions,
  SYSTEM_VERBS,
  type Verb,
} from '../mailbox/protocol.js'
import { SizeEstimate } from '../mailbox/size-estimate.js'
import type { Turn } from '../mailbox/turn.js'
import { crashOutcome, findInHand } from './crash-outcome.js'
import { type HostSource, HostSources, specOf } from './host-sources.js'
import { RequestEntry } from './request-entry.js'
import type { Room } from './request-lanes.js'
import { RequestPost } from './request-post.js'

/** How long a running actor may be late with its own time-out before the host gives up in its place. */
const GRACE_MS = 1_000
/** On their way to the host from one source: enough to keep the line full over a round trip of credit. */
const MOST_MESSAGES = 8_192
const MOST_BYTES = 8 * 1024 * 1024

/** Stands for the limits of a request by which a source is asked for anew. */
const REOPENING: RequestLimits = {}
/** Between two attempts to ask for a source anew. */
const REOPEN_PAUSE_MS = 500

type State =
  | {
      readonly kind: 'present'
      readonly life: number
      readonly line: Line<RequestBatch, ActorBatch>
      readonly gauges: Gauges
      readonly names: NameReader
    }
  /** Dead and to be restarted, or not started yet: requests wait. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'stopped' }

/** What the reference tells its owner. */
export interface ActorRefEvents {
  notice(notice: Exclude<ActorNotice, { kind: 'source-ended' | 'dropped' }>): void
  /** A message has killed too many actors and was set aside. */
  poison(
    entry: { readonly verb: Verb; readonly target: string; readonly value: unknown },
    deaths: number,
    reason: string,
  ): void
}

/**
 * The stable address of one integration: keeps what is in flight, and brings it to each life of the actor in
 * turn. Implements the outcomes of a crash (DESIGN section 2, the ledger).
 */
export class ActorRef implements IntegrationMail {
  readonly name: string
  readonly type: string
  readonly window: Capacity
  readonly #capabilities: readonly Capability[]
  readonly #poisonThreshold: number
  readonly #clock: Clock
  readonly #turn: Turn
  readonly #events: ActorRefEvents
  readonly #post: RequestPost
  readonly #sources = new HostSources()
  readonly #size = new SizeEstimate()
  readonly #deadlines: DeadlineTimer
  readonly #budgetMs: number
  #state: State = { kind: 'absent' }
  #intake: 'open' | 'closed' = 'open'
  #lives = 0

  constructor(
    settings: IntegrationSettings,
    capabilities: readonly Capability[],
    poisonThreshold: number,
    clock: Clock,
    turn: Turn,
    events: ActorRefEvents,
  ) {
    this.name = settings.name
    this.type = settings.type
    const { messages, bytes } = settings.mailbox
    this.window = { messages: Math.min(messages, MOST_MESSAGES), bytes: Math.min(bytes, MOST_BYTES) }
    this.#capabilities = capabilities
    this.#poisonThreshold = poisonThreshold
    this.#clock = clock
    this.#turn = turn
    this.#events = events
    this.#budgetMs = operationBudgetMs(settings)
    this.#post = new RequestPost(clock, settings.mailbox, (entry, reason) =>
      this.#reject(entry, new SerializeError(reason, { integration: this.name })),
    )
    this.#deadlines = new DeadlineTimer(clock, (now) => this.#expire(now))
  }

  get depth(): { readonly waiting: number; readonly posted: number } {
    return this.#post.depth
  }

  supports(capability: Capability): boolean {
    return this.#capabilities.includes(capability)
  }

  request(
    verb: Verb,
    target: string,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<unknown> {
    return this.#enter(verb, target, value, options, limits)
  }

  /** @param limits a reopening is let in whatever the mailbox and the breaker say: it was accepted once. */
  #enter(
    verb: Verb,
    target: string,
    value: unknown,
    options: RequestOptions | undefined,
    limits: RequestLimits | undefined,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const refusal = limits === REOPENING ? undefined : this.#refusal(verb, limits?.signal)
      if (refusal !== undefined) return reject(refusal)
      const now = this.#clock.now()
      const own = limits?.timeoutMs
      const deadline = own === undefined ? 0 : now + own
      const expiresAt = now + (own ?? this.#budgetMs)
      const bytes = this.#size.of(value)
      const entry = new RequestEntry(
        verb,
        target,
        value,
        options,
        deadline,
        expiresAt,
        bytes,
        resolve,
        reject,
      )
      if (limits !== REOPENING && !this.#makeRoom(entry)) return
      if (limits?.signal !== undefined) this.#cancelOn(limits.signal, entry)
      this.#post.push(entry)
      this.#deadlines.add(expiresAt)
    })
  }

  async open(
    verb: 'subscribe' | 'consume' | 'serve',
    target: string,
    wanted: SourceRequest,
    handler: SourceHandler,
    limits?: RequestLimits,
  ): Promise<OpenSource> {
    const source = this.#sources.add(verb, target, wanted, handler)
    try {
      await this.request(verb, target, undefined, { source: specOf(source) }, limits)
    } catch (error) {
      this.#sources.remove(source)
      this.#tellActor('unsubscribe', target, source.id)
      throw error
    }
    source.isOpen = true
    return {
      credit: (messages, bytes) => {
        if (source.credit.giver.give(messages, bytes) && this.#state.kind === 'present')
          this.#state.line.nudge()
      },
      close: () => this.#close(source),
    }
  }

  async settle(
    verb: 'ack' | 'nack' | 'answer',
    life: number,
    value: unknown,
    options?: RequestOptions,
    limits?: RequestLimits,
  ): Promise<boolean> {
    if (this.#state.kind === 'stopped') throw new ShutdownError({ integration: this.name })
    if (this.#state.kind !== 'present' || this.#state.life !== life) return false
    return (await this.request(verb, '', value, options, limits)) as boolean
  }

  /** A new life of the actor begins: what waits goes to it, and all sources are asked for again. */
  attach(end: LineEnd, gauges: Gauges): void {
    const names = new NameReader()
    const life = ++this.#lives
    const line = new Line<RequestBatch, ActorBatch>(end, this.#turn, (batch) =>
      this.#receive(batch, names, life),
    )
    this.#state = { kind: 'present', life, line, gauges, names }
    this.#dropReopenings()
    for (const source of this.#sources.renew()) this.#reopen(source, life)
    this.#post.attach(line)
  }

  /** The actor has died. @param reason as it is told to callers. */
  detach(reason: string): void {
    if (this.#state.kind !== 'present') return
    const { line, gauges } = this.#state
    // What it still managed to say counts.
    line.pullAll()
    line.close()
    this.#state = { kind: 'absent' }
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
    // One of several is to blame: the successor takes them one at a time, to learn which.
    for (const entry of inHand) entry.suspect = true
    this.#post.putBack(handOver)
  }

  /** The supervisor has given up on it: nothing will be done any more. */
  fail(reason: string): void {
    this.detach(reason)
    this.#state = { kind: 'failed', reason }
    this.#settleAll(() => new ActorCrashedError(reason, false, { integration: this.name, retryable: false }))
  }

  /** The gateway shuts down. */
  stop(): void {
    if (this.#state.kind === 'stopped') return
    if (this.#state.kind === 'present') {
      this.#state.line.pullAll()
      this.#state.line.close()
    }
    this.#state = { kind: 'stopped' }
    this.#settleAll(() => new ShutdownError({ integration: this.name }))
    this.#deadlines.cancel()
  }

  /** What is not settled by now rejects with ShutdownError, and the actor need not go on with it. */
  abandon(): void {
    for (const entry of [...this.#post])
      if (!isSettlement(entry.verb)) this.#giveUp(entry, new ShutdownError({ integration: this.name }))
  }

  /** Nothing new is accepted from now on; what was accepted goes on, and deliveries can still be settled. */
  closeIntake(): void {
    this.#intake = 'closed'
  }

  /** Whether requests are still accepted. */
  get isOpen(): boolean {
    return this.#intake === 'open'
  }

  /** Resolves when nothing is waiting or in flight, at the latest after `ms`. */
  async drained(ms: number): Promise<boolean> {
    const until = this.#clock.now() + ms
    for (;;) {
      const open = [...this.#post].filter((entry) => !isSource(entry.verb))
      if (open.length === 0) return true
      const left = until - this.#clock.now()
      if (left <= 0 || this.#state.kind === 'failed' || this.#state.kind === 'stopped') return false
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(left, resolve)
        open[0]!.onSettled = chain(open[0]!.onSettled, () => {
          timer.cancel()
          resolve()
        })
      })
    }
  }

  #refusal(verb: Verb, signal: AbortSignal | undefined): Error | undefined {
    const integration = this.name
    if (this.#intake === 'closed' && !isSettlement(verb)) return new ShutdownError({ integration })
    switch (this.#state.kind) {
      case 'stopped':
        return new ShutdownError({ integration })
      case 'failed':
        return new ActorCrashedError(this.#state.reason, false, { integration, retryable: false })
      default:
        return signal?.aborted ? new CancelledError({ integration, cause: signal.reason }) : undefined
    }
  }

  /** @returns false when the entry was refused, and settled. */
  #makeRoom(entry: RequestEntry): boolean {
    if (isSettlement(entry.verb)) return true
    const open = this.#openCircuit()
    if (open !== undefined) {
      entry.reject(open)
      return false
    }
    // They wait in a line of their own: a flood of messages must not end the subscriptions of a crashed actor.
    if (SYSTEM_VERBS.has(entry.verb)) return true
    for (;;) {
      const room = this.#post.room()
      if (room.kind === 'room') return true
      const full = new MailboxFullError(undefined, { integration: this.name })
      const oldest = this.#oldest(room)
      if (oldest === undefined) {
        entry.reject(full)
        return false
      }
      this.#giveUp(oldest, full)
    }
  }

  /** Whom `drop-oldest` drops. What the actor has is older than what waits, but while it is connected it is at it. */
  #oldest(room: Exclude<Room, { kind: 'room' }>): RequestEntry | undefined {
    if (room.kind === 'full') return undefined
    const isConnected = this.#state.kind === 'present' && this.#state.gauges.connection === 'connected'
    const { oldestWaiting, oldestPosted } = this.#post
    return isConnected ? (oldestWaiting ?? oldestPosted) : (oldestPosted ?? oldestWaiting)
  }

  /** An open breaker fails fast, without a hop. */
  #openCircuit(): CircuitOpenError | undefined {
    if (this.#state.kind !== 'present' || this.#state.gauges.breaker !== 'open') return undefined
    const left = this.#state.gauges.breakerOpenUntil - this.#clock.now()
    return left > 0 ? new CircuitOpenError(left, { integration: this.name }) : undefined
  }

  #cancelOn(signal: AbortSignal, entry: RequestEntry): void {
    const onAbort = () =>
      this.#giveUp(entry, new CancelledError({ integration: this.name, cause: signal.reason }))
    signal.addEventListener('abort', onAbort, { once: true })
    entry.onSettled = () => signal.removeEventListener('abort', onAbort)
  }

  #receive(batch: ActorBatch, names: NameReader, life: number): void {
    names.learn(batch.names)
    const { done, replies, failures, runs, notices } = batch
    if (done !== undefined)
      for (let i = 0; i < done.length; i += 2)
        for (let seq = done[i]!, end = seq + done[i + 1]!; seq < end; seq++)
          this.#resolve(this.#post.take(seq), undefined)
    if (replies !== undefined)
      for (let i = 0; i < replies.seqs.length; i++)
        this.#answer(this.#post.take(replies.seqs[i]!), replies.values[i], life)
    if (failures !== undefined)
      for (let i = 0; i < failures.seqs.length; i++) {
        const entry = this.#post.take(failures.seqs[i]!)
        if (entry !== undefined) this.#reject(entry, decodeError(failures.errors[i]!, this.name))
      }
    if (runs !== undefined) for (const run of runs) this.#sources.deliver(run, names, life)
    if (notices !== undefined) for (const notice of notices) this.#notice(notice)
    this.#post.settledSome()
  }

  #notice(notice: ActorNotice): void {
    if (notice.kind === 'source-ended') this.#sources.end(notice.source, decodeError(notice.error, this.name))
    else if (notice.kind === 'dropped') this.#sources.dropped(notice.source, notice.dropped)
    else this.#events.notice(notice)
  }

  #resolve(entry: RequestEntry | undefined, value: unknown): void {
    if (entry === undefined) return
    entry.state = 'settled'
    entry.onSettled?.()
    entry.resolve(value)
  }

  #answer(entry: RequestEntry | undefined, value: unknown, life: number): void {
    // A message can be settled only in the life that delivered it.
    const answer = entry?.verb === 'receive' && value !== null ? { life, message: value } : value
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
    const { seq } = entry
    if (this.#post.forget(entry)) this.#tellActor('cancel', '', seq)
    this.#reject(entry, error)
  }

  #timedOut({ verb, target }: RequestEntry): TimeoutError {
    return new TimeoutError(`${verb} ${target}`.trim(), { integration: this.name })
  }

  /** There was no message in the time allowed: that is an answer, not a fault. */
  #giveUpWaiting(entry: RequestEntry): void {
    const { seq } = entry
    if (this.#post.forget(entry)) this.#tellActor('cancel', '', seq)
    this.#resolve(entry, null)
  }

  #expire(now: number): number {
    // An answer that has arrived already, while the host was busy elsewhere, is in time.
    if (this.#state.kind === 'present') this.#state.line.pullAll()
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.#post) {
      const due = entry.state === 'posted' ? entry.expiresAt + GRACE_MS : entry.expiresAt
      if (due > now) next = Math.min(next, due)
      else if (entry.verb === 'receive') this.#giveUpWaiting(entry)
      else this.#giveUp(entry, this.#timedOut(entry))
    }
    return next
  }

  #settleCrashed(
    entry: RequestEntry,
    outcome: 'reject' | 'answer-false' | 'answer-done' | 'set-aside',
    reason: string,
  ): void {
    switch (outcome) {
      case 'answer-false':
        return this.#resolve(entry, false)
      case 'answer-done':
        return this.#resolve(entry, undefined)
      case 'set-aside':
      case 'reject':
        if (outcome === 'set-aside') this.#events.poison(entry, entry.deaths, reason)
        return this.#reject(entry, new ActorCrashedError(reason, true, { integration: this.name }))
    }
  }

  #settleAll(error: () => Error): void {
    for (const entry of [...this.#post]) {
      this.#post.forget(entry)
      if (entry.verb === 'unsubscribe') this.#resolve(entry, undefined)
      else this.#reject(entry, error())
    }
    this.#sources.endAll(error())
  }

  /** Requests that an earlier life was to open a source anew with: this life gets its own. */
  #dropReopenings(): void {
    for (const entry of [...this.#post]) {
      const id = entry.options?.source?.id
      if (id === undefined || !this.#sources.isOpen(id)) continue
      this.#post.forget(entry)
      this.#resolve(entry, undefined)
    }
  }

  /** Asks the actor of this life for a source anew, for as long as it takes: the host has been granted it already. */
  #reopen(source: HostSource, life: number): void {
    const options = { source: specOf(source) }
    const request = this.#enter(source.verb, source.target, undefined, options, REOPENING)
    request.catch((error: Error) => {
      if (!this.#sources.has(source) || this.#state.kind !== 'present' || this.#state.life !== life) return
      // Its time was up, or the broker is busy: that is no reason to end what has been granted.
      if ((error as Partial<IntegrationError>).retryable === true) this.#reopenLater(source, life)
      else this.#sources.end(source.id, error)
    })
  }

  #reopenLater(source: HostSource, life: number): void {
    this.#clock.setTimer(
      REOPEN_PAUSE_MS,
      () => {
        if (this.#sources.has(source) && this.#state.kind === 'present' && this.#state.life === life)
          this.#reopen(source, life)
      },
      { background: true },
    )
  }

  async #close(source: HostSource): Promise<void> {
    if (!this.#sources.has(source)) return
    this.#sources.remove(source)
    if (this.#state.kind !== 'present') return
    await this.request('unsubscribe', source.target, source.id).catch(() => {})
  }

  /** Says something to the actor that nobody waits for. */
  #tellActor(verb: 'cancel' | 'unsubscribe', target: string, value: number): void {
    if (this.#state.kind === 'present') this.request(verb, target, value).catch(() => {})
  }
}

/** What ends something: taken also when the mailbox is full, the breaker open or the gateway shutting down. */
function isSettlement(verb: Verb): boolean {
  return verb === 'ack' || verb === 'nack' || verb === 'answer' || verb === 'unsubscribe' || verb === 'cancel'
}

function isSource(verb: Verb): boolean {
  return verb === 'subscribe' || verb === 'consume' || verb === 'serve' || verb === 'receive'
}

function chain(first: (() => void) | undefined, second: () => void): () => void {
  return () => {
    first?.()
    second()
  }
}
