import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import { Deque } from '../core/deque.js'
import { CancelledError, ConnectionError, ShutdownError, TimeoutError } from '../core/errors.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { CircuitBreaker } from '../resilience/circuit-breaker.js'
import { asIntegrationError } from '../resilience/classify.js'
import { decideRetry } from '../resilience/retry.js'
import type { Connection } from './connection.js'
import type { InHand } from './in-hand.js'
import { Operation } from './operation.js'
import type { Outbox } from './outbox.js'
import { isImmediate, isResumable, isSource, type Verbs } from './verbs.js'

/** Durations of operations, in microseconds. */
export interface LatencyRecorder {
  record(microseconds: number): void
}

/**
 * Carries out the host's requests: waits for the connection, asks the breaker, makes attempts, retries, and
 * settles each request exactly once. The only owner of retries; deadlines hold in every state.
 */
export class Operations {
  readonly #settings: IntegrationSettings
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #breaker: CircuitBreaker
  readonly #verbs: Verbs
  readonly #outbox: Outbox
  readonly #gauges: Gauges
  readonly #latency: LatencyRecorder
  readonly #inHand: InHand
  readonly #active = new Map<number, Operation>()
  readonly #deadlines: DeadlineTimer
  /** Operations that wait for the connection, in their order. */
  readonly #parked = new Deque<Operation>()
  readonly #budgetMs: number
  #idle: (() => void)[] = []
  /** Whether the connection stands and its subscriptions have been restored. */
  #ready = false
  #connections = 0

  constructor(parts: {
    readonly settings: IntegrationSettings
    readonly clock: Clock
    readonly connection: Connection
    readonly breaker: CircuitBreaker
    readonly verbs: Verbs
    readonly outbox: Outbox
    readonly gauges: Gauges
    readonly latency: LatencyRecorder
    readonly inHand: InHand
  }) {
    this.#settings = parts.settings
    this.#clock = parts.clock
    this.#connection = parts.connection
    this.#breaker = parts.breaker
    this.#verbs = parts.verbs
    this.#outbox = parts.outbox
    this.#gauges = parts.gauges
    this.#latency = parts.latency
    this.#inHand = parts.inHand
    this.#budgetMs = operationBudgetMs(parts.settings)
    this.#deadlines = new DeadlineTimer(parts.clock, (now) => this.#expire(now))
  }

  /** Takes on a request. Never throws. */
  accept(request: IncomingRequest): void {
    if (request.verb === 'cancel') return this.#cancel(request)
    if (isImmediate(request.verb)) return this.#carryOut(request)
    const now = this.#clock.now()
    const end = request.deadline !== 0 ? request.deadline : now + this.#budgetMs
    const operation = new Operation(request, end, this.#clock.monotonic())
    if (now >= end) return this.#settleFailed(operation, this.#timedOut(operation))
    this.#try(operation)
  }

  /**
   * The connection stands: what waited for it goes on, in order, but subscriptions come first, so that a message
   * published after a subscription was accepted is not missed by it.
   * @param restored settles when the subscriptions of earlier connections have been asked for.
   */
  connected(restored: Promise<unknown>): void {
    const connection = ++this.#connections
    const opening = this.#unpark((operation) => isSource(operation.request.verb)).map(
      (operation) => new Promise<void>((resolve) => this.#try(operation, resolve)),
    )
    Promise.all([restored, ...opening]).then(() => {
      if (connection !== this.#connections || !this.#connection.isConnected) return
      this.#ready = true
      for (const operation of this.#unpark(() => true)) this.#try(operation)
    })
  }

  /** The connection is gone: what comes now waits. */
  disconnected(): void {
    this.#ready = false
  }

  /** The connection will not come by itself, or refuses us: what waits for it has nothing to wait for. */
  hopeless(error: Error): void {
    for (const operation of this.#unpark(() => true)) {
      operation.attempt++
      this.#failed(operation, error)
    }
  }

  /** Requests that have been accepted and not been settled, those not counted that are done at once. */
  get underWay(): number {
    return this.#active.size
  }

  /** Resolves when nothing is under way but what may last for ever: the wait for a message or a subscription. */
  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /**
   * Ends everything that is still under way, and leaves it unsettled: the host knows whether a successor gets it
   * or its caller is told of the shutdown.
   */
  stop(): void {
    this.#deadlines.cancel()
    const operations = [...this.#active.values()]
    this.#active.clear()
    this.#parked.clear()
    for (const operation of operations) {
      if (operation.state.kind === 'backing-off') operation.state.timer.cancel()
      operation.state = { kind: 'settled' }
      operation.abort(new ShutdownError())
    }
    this.#gauges.setOperations(0)
  }

  get #isDrained(): boolean {
    for (const { request } of this.#active.values())
      if (request.verb !== 'receive' && !isSource(request.verb)) return false
    return true
  }

  /** Settles what is already here: waiting for nothing, and trying once. */
  #carryOut(request: IncomingRequest): void {
    const context = new Operation(request, Number.POSITIVE_INFINITY, 0)
    this.#perform(request, context)?.then(
      (value) =>
        value === undefined ? this.#outbox.done(request.seq) : this.#outbox.reply(request.seq, value),
      (error: unknown) => this.#outbox.fail(request.seq, error),
    )
  }

  #timedOut(operation: Operation): TimeoutError {
    const { verb, target } = operation.request
    return new TimeoutError(`${verb} ${target}`, { integration: this.#settings.name })
  }

  /** Takes those that `wanted` holds for out of what waits for the connection. */
  #unpark(wanted: (operation: Operation) => boolean): Operation[] {
    const waiting = [...this.#parked].filter((operation) => operation.state.kind === 'waiting')
    this.#parked.clear()
    for (const operation of waiting) if (!wanted(operation)) this.#parked.push(operation)
    return waiting.filter(wanted)
  }

  /** @param attempted called when the attempt has come to an end, or none was made. */
  #try(operation: Operation, attempted: () => void = () => {}): void {
    const { request } = operation
    if (this.#inHand.mustWait(request)) return this.#tryLater(operation, attempted)
    const mayGo = this.#ready || (this.#connection.isConnected && isSource(request.verb))
    if (!mayGo) {
      attempted()
      return this.#offline(operation)
    }
    let permit: number
    try {
      permit = this.#breaker.acquire()
    } catch (error) {
      attempted()
      return this.#settleFailed(operation, error)
    }
    const limit = request.verb === 'receive' ? operation.end : this.#clock.now() + this.#settings.timeoutMs
    const deadline = Math.min(limit, operation.end)
    operation.begin({ kind: 'attempting', permit, deadline })
    let pending: Promise<unknown> | undefined
    try {
      pending = this.#perform(request, operation)
    } catch (error) {
      attempted()
      return this.#failed(operation, error)
    }
    if (pending === undefined) {
      attempted()
      this.#breaker.succeeded(permit)
      return this.#settleDone(operation, undefined)
    }
    const attempt = operation.attempt
    this.#track(operation, deadline)
    // An attempt that was given up may still end: by then a later one has its place.
    const isCurrent = () => operation.state.kind === 'attempting' && operation.attempt === attempt
    pending.then(
      (value) => {
        attempted()
        if (!isCurrent()) return
        this.#breaker.succeeded(permit)
        this.#settleDone(operation, value)
      },
      (error: unknown) => {
        attempted()
        if (isCurrent()) this.#failed(operation, error)
      },
    )
  }

  #tryLater(operation: Operation, attempted: () => void): void {
    this.#track(operation, operation.end)
    this.#inHand.later(() => {
      if (operation.state.kind === 'settled') attempted()
      else this.#try(operation, attempted)
    })
  }

  #perform(request: IncomingRequest, context: Operation): Promise<unknown> | undefined {
    this.#inHand.take(request)
    try {
      return this.#verbs.perform(request, context)
    } finally {
      this.#inHand.released()
    }
  }

  #offline(operation: Operation): void {
    const refusal = this.#connection.hopeless ?? this.#down()
    if (refusal !== undefined) {
      // An attempt like any other, or it would be repeated until the deadline.
      operation.attempt++
      return this.#failed(operation, refusal)
    }
    operation.state = { kind: 'waiting' }
    this.#track(operation, operation.end)
    this.#parked.push(operation)
  }

  /** Why an operation may not wait for the connection. */
  #down(): Error | undefined {
    if (this.#settings.reconnect.offline !== 'fail' || this.#connection.status.state !== 'reconnecting')
      return undefined
    return new ConnectionError('the connection is down', { integration: this.#settings.name })
  }

  #failed(operation: Operation, error: unknown): void {
    const { state } = operation
    if (state.kind === 'settled') return
    if (state.kind === 'attempting') this.#breaker.failed(state.permit, error)
    else if (state.kind === 'waiting' && this.#connection.status.state !== 'connected')
      this.#blameConnection(error)
    if (this.#mayResume(operation, error)) return this.#offline(operation)
    const decision = decideRetry(this.#settings.retry, Math.max(1, operation.attempt), error, {
      deadline: operation.end,
      now: this.#clock.now(),
      random: Math.random,
    })
    if (decision.kind === 'give-up') return this.#settleFailed(operation, error)
    this.#gauges.count('retries')
    const timer = this.#clock.setTimer(decision.afterMs, () => this.#try(operation))
    operation.state = { kind: 'backing-off', timer }
    this.#track(operation, operation.end)
  }

  /** What never reached an adapter fails for want of a connection all the same: the breaker must see it. */
  #blameConnection(error: unknown): void {
    try {
      this.#breaker.failed(this.#breaker.acquire(), error)
    } catch {
      // It is open already.
    }
  }

  /** Whether it can wait for the next connection and begin again: at least once is what it promises. */
  #mayResume(operation: Operation, error: unknown): boolean {
    return (
      operation.state.kind === 'attempting' &&
      isResumable(operation.request) &&
      asIntegrationError(error)?.kind === 'connection' &&
      this.#settings.reconnect.offline === 'wait' &&
      !this.#connection.isConnected &&
      this.#connection.hopeless === undefined
    )
  }

  #track(operation: Operation, deadline: number): void {
    this.#active.set(operation.request.seq, operation)
    if (deadline !== Number.POSITIVE_INFINITY) this.#deadlines.add(deadline)
    this.#gauges.setOperations(this.#active.size)
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const operation of [...this.#active.values()]) {
      if (operation.end <= now && operation.request.verb === 'receive') this.#giveUpWaiting(operation)
      else if (operation.end <= now) this.#giveUp(operation, this.#timedOut(operation))
      else if (operation.deadline <= now) this.#endAttempt(operation)
      if (operation.state.kind !== 'settled') next = Math.min(next, operation.deadline)
    }
    return next
  }

  #endAttempt(operation: Operation): void {
    const error = this.#timedOut(operation)
    operation.abort(error)
    this.#failed(operation, error)
  }

  #cancel({ seq, value }: IncomingRequest): void {
    const operation = this.#active.get(value as number)
    if (operation !== undefined) this.#giveUp(operation, new CancelledError())
    // Unanswered it would keep its place in the mailbox of the host.
    this.#outbox.done(seq)
  }

  #giveUp(operation: Operation, error: Error): void {
    const { state } = operation
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') this.#breaker.failed(state.permit, error)
    if (state.kind === 'waiting') this.#blameConnection(error)
    // Before the adapter hears of it: what it throws then must not win.
    this.#settleFailed(operation, error)
    operation.abort(error)
  }

  /** There was no message in the time allowed: that is an answer, not a fault. */
  #giveUpWaiting(operation: Operation): void {
    const { state } = operation
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') this.#breaker.succeeded(state.permit)
    this.#settleDone(operation, null)
    operation.abort(this.#timedOut(operation))
  }

  #settleDone(operation: Operation, value: unknown): void {
    const { seq } = operation.request
    if (value === undefined) this.#outbox.done(seq)
    else this.#outbox.reply(seq, value)
    this.#settled(operation)
  }

  #settleFailed(operation: Operation, error: unknown): void {
    if (operation.state.kind === 'settled') return
    const known = asIntegrationError(error)
    if (known !== undefined) this.#gauges.countError(known.kind)
    this.#outbox.fail(operation.request.seq, error)
    this.#settled(operation)
  }

  #settled(operation: Operation): void {
    operation.state = { kind: 'settled' }
    this.#latency.record(Math.max(1, Math.round((this.#clock.monotonic() - operation.startedAt) * 1_000)))
    if (this.#active.delete(operation.request.seq)) this.#gauges.setOperations(this.#active.size)
    if (this.#idle.length === 0 || !this.#isDrained) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}
