import type { Clock } from '../core/clock.js'
import { CancelledError, ShutdownError, TimeoutError } from '../core/errors.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { CircuitBreaker } from '../resilience/circuit-breaker.js'
import { ActiveOperations } from './active-operations.js'
import { type Admission, admissionFor } from './admission.js'
import type { Connection } from './connection.js'
import { FailurePolicy } from './failure-policy.js'
import type { InHand } from './in-hand.js'
import { Operation } from './operation.js'
import type { Outbox } from './outbox.js'
import { Parking } from './parking.js'
import { type LatencyRecorder, Settlement } from './settlement.js'
import { isImmediate, type Verbs } from './verbs.js'

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
  readonly #settlement: Settlement
  readonly #inHand: InHand
  readonly #admission: Admission | undefined
  readonly #failures: FailurePolicy
  readonly #active: ActiveOperations
  readonly #parking: Parking

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
    this.#settlement = new Settlement(parts.clock, parts.outbox, parts.gauges, parts.latency)
    this.#inHand = parts.inHand
    this.#active = new ActiveOperations(parts.clock, parts.gauges, (operation, now) =>
      this.#expired(operation, now),
    )
    this.#parking = new Parking(parts.connection, parts.settings, (operation, attempted) =>
      this.#try(operation, attempted),
    )
    this.#admission = admissionFor(parts.settings, parts.clock)
    this.#failures = new FailurePolicy(parts.settings, parts.clock, parts.connection)
  }

  /** Takes on a request. Never throws. */
  accept(request: IncomingRequest): void {
    if (request.verb === 'cancel') return this.#cancel(request)
    if (isImmediate(request.verb)) return this.#carryOut(request)
    const now = this.#clock.monotonic()
    const end = request.deadline !== 0 ? request.deadline : now + operationBudgetMs(this.#settings)
    const operation = new Operation(request, end, this.#clock.monotonic())
    if (now >= end) return this.#settleFailed(operation, this.#timedOut(operation))
    this.#try(operation)
  }

  /** The connection stands. @param restored settles when the subscriptions of earlier ones have been asked for */
  connected(restored: Promise<unknown>): void {
    this.#parking.connected(restored)
  }

  /** The connection is gone: what comes now waits. */
  disconnected(): void {
    this.#parking.disconnected()
  }

  /** The connection will not come by itself, or refuses us: what waits for it has nothing to wait for. */
  hopeless(error: Error): void {
    for (const operation of this.#parking.release()) {
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
    return this.#active.drained()
  }

  /**
   * Ends everything that is still under way, and leaves it unsettled: the host knows whether a successor gets it
   * or its caller is told of the shutdown.
   */
  stop(): void {
    this.#admission?.stop()
    this.#parking.release()
    for (const operation of this.#active.clear()) {
      if (operation.state.kind === 'backing-off') operation.state.timer.cancel()
      operation.state = { kind: 'settled' }
      operation.abort(new ShutdownError())
    }
  }

  /** Settles what is already here: waiting for nothing, and trying once. */
  #carryOut(request: IncomingRequest): void {
    const context = new Operation(request, Number.POSITIVE_INFINITY, 0)
    this.#perform(request, context)?.then(
      (value) => (value === undefined ? this.#outbox.done(request) : this.#outbox.reply(request, value)),
      (error: unknown) => this.#outbox.fail(request, error),
    )
  }

  #timedOut(operation: Operation): TimeoutError {
    const { verb, target } = operation.request
    return new TimeoutError(`${verb} ${target}`, { integration: this.#settings.name })
  }

  /** @param attempted called when the attempt has come to an end, or none was made. */
  #try(operation: Operation, attempted: () => void = () => {}): void {
    if (this.#inHand.mustWait(operation.request)) return this.#tryLater(operation, attempted)
    if (!this.#parking.mayGo(operation)) {
      attempted()
      return this.#offline(operation)
    }
    if (this.#admission === undefined) return this.#attempt(operation, attempted)
    try {
      this.#admission.enter(operation, () => this.#admitted(operation, attempted))
    } catch (error) {
      attempted()
      return this.#settleFailed(operation, error)
    }
    if (operation.state.kind === 'queued') this.#active.track(operation)
  }

  /** Its turn has come; meanwhile the connection may have gone, or the turn of the loop belong to a suspect. */
  #admitted(operation: Operation, attempted: () => void): void {
    if (this.#parking.mayGo(operation) && !this.#inHand.mustWait(operation.request))
      return this.#attempt(operation, attempted)
    this.#admission!.leave(operation)
    this.#try(operation, attempted)
  }

  #attempt(operation: Operation, attempted: () => void): void {
    const { request } = operation
    let permit: number
    try {
      permit = this.#breaker.acquire()
    } catch (error) {
      attempted()
      return this.#settleFailed(operation, error)
    }
    this.#failures.begins(operation)
    const limit =
      request.verb === 'receive' ? operation.end : this.#clock.monotonic() + this.#settings.timeoutMs
    operation.begin({ kind: 'attempting', permit, deadline: Math.min(limit, operation.end) })
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
    this.#active.track(operation)
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
    this.#active.track(operation)
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
    const refusal = this.#parking.refusal()
    if (refusal !== undefined) {
      // An attempt like any other, or it would be repeated until the deadline.
      operation.attempt++
      return this.#failed(operation, refusal)
    }
    this.#parking.park(operation)
    this.#active.track(operation)
  }

  #failed(operation: Operation, error: unknown): void {
    const { state } = operation
    if (state.kind === 'settled') return
    this.#admission?.leave(operation)
    const fate = this.#failures.decide(operation, error)
    if (state.kind === 'attempting') {
      // One lost connection is one fault, however much was under way on it.
      if (fate.kind === 'resume') this.#breaker.cutOff(state.permit)
      else this.#breaker.failed(state.permit, error)
    } else if (state.kind === 'waiting' && this.#connection.status.state !== 'connected')
      this.#breaker.blame(error)
    if (fate.kind === 'resume') return this.#offline(operation)
    if (fate.kind === 'give-up') return this.#settleFailed(operation, error)
    this.#gauges.count('retries')
    const timer = this.#clock.setTimer(fate.afterMs, () => this.#try(operation))
    operation.state = { kind: 'backing-off', timer }
    this.#active.track(operation)
  }

  #expired(operation: Operation, now: number): void {
    if (operation.end > now) this.#endAttempt(operation)
    else if (operation.request.verb === 'receive') this.#giveUpWaiting(operation)
    else this.#giveUp(operation, this.#timedOut(operation))
  }

  #endAttempt(operation: Operation): void {
    const error = this.#timedOut(operation)
    operation.abort(error)
    this.#failed(operation, error)
  }

  #cancel(request: IncomingRequest): void {
    const operation = this.#active.get(request.value as number)
    if (operation !== undefined) this.#giveUp(operation, new CancelledError())
    // Unanswered it would keep its place in the mailbox of the host.
    this.#outbox.done(request)
  }

  #giveUp(operation: Operation, error: Error): void {
    const { state } = operation
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') this.#breaker.failed(state.permit, error)
    if (state.kind === 'waiting') this.#breaker.blame(error)
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
    this.#active.remove(operation)
    this.#settlement.done(operation, value)
    this.#admission?.leave(operation)
  }

  #settleFailed(operation: Operation, error: unknown): void {
    if (operation.state.kind === 'settled') return
    this.#active.remove(operation)
    this.#settlement.failed(operation, error)
    this.#admission?.leave(operation)
  }
}
