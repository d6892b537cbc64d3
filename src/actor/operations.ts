import type { Clock } from '../core/clock.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { CancelledError, type TimeoutError } from '../core/errors/operation.js'
import type { Random } from '../core/random.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { BreakerPermit, CircuitBreaker } from '../resilience/circuit-breaker.js'
import { ActiveOperations } from './active-operations.js'
import { failureOf } from './adapter-failure.js'
import { type Admission, admissionFor } from './admission.js'
import type { Connection } from './connection.js'
import { Executor } from './executor.js'
import { FailurePolicy } from './failure-policy.js'
import { ImmediateRequests } from './immediate-requests.js'
import type { InHand } from './in-hand.js'
import { endOf, Operation, type OperationAttempt, type RequestOrigin } from './operation.js'
import { endsConnections, timedOut } from './operation-errors.js'
import type { Outbox } from './outbox.js'
import { Parking } from './parking.js'
import { type LatencyRecorder, Settlement } from './settlement.js'
import type { TimeoutStreak } from './timeout-streak.js'
import { isImmediate, type Verbs } from './verbs.js'

export interface OperationsDependencies {
  readonly settings: IntegrationSettings
  readonly clock: Clock
  readonly random: Random
  readonly connection: Connection
  readonly breaker: CircuitBreaker
  readonly verbs: Verbs
  readonly outbox: Outbox
  readonly gauges: Gauges
  readonly latency: LatencyRecorder
  readonly inHand: InHand
  readonly streak: TimeoutStreak
  /** The first part of the ids of operations; unique to the integration. */
  readonly idPrefix: string
}

/**
 * Executes the requests of the host and of routes: waits for the connection, asks the breaker and the limits, makes attempts,
 * retries, and settles each request exactly once. Nothing else in the actor retries, so that attempts do not multiply.
 */
export class Operations {
  readonly #parts: OperationsDependencies
  readonly #settlement: Settlement
  readonly #admission: Admission | undefined
  readonly #failures: FailurePolicy
  readonly #active: ActiveOperations
  readonly #parking: Parking
  readonly #executor: Executor
  readonly #immediate: ImmediateRequests
  /** Where requests come from if nothing else is said. */
  readonly #host: RequestOrigin

  constructor(parts: OperationsDependencies) {
    const { settings, clock, random, connection, verbs, outbox, gauges, latency, inHand, idPrefix } = parts
    this.#parts = parts
    this.#active = new ActiveOperations(clock, gauges, (operation, now) => this.#expired(operation, now))
    this.#parking = new Parking(connection, settings, (operation, attempted) =>
      this.#try(operation, attempted),
    )
    this.#admission = admissionFor(settings, clock)
    const [active, admission] = [this.#active, this.#admission]
    this.#settlement = new Settlement({ clock, gauges, latency, active, admission })
    this.#failures = new FailurePolicy(settings, clock, random, connection, verbs)
    this.#executor = new Executor(verbs)
    this.#host = { replies: outbox, inHand, isHost: true }
    this.#immediate = new ImmediateRequests(this.#executor, this.#host, idPrefix)
  }

  /** Accepts a request. Never throws. @param origin where it comes from, if not from the host */
  accept(request: IncomingRequest, origin = this.#host): void {
    if (request.verb === 'cancel' || request.verb === 'expire') return this.#end(request)
    if (isImmediate(request.verb)) return this.#immediate.accept(request)
    const { clock, settings, idPrefix } = this.#parts
    const now = clock.monotonic()
    const operation = new Operation(request, origin, idPrefix, endOf(request, settings, now), now)
    if (now >= operation.end) return this.#settlement.failed(operation, timedOut(operation, this.#parts))
    this.#try(operation)
  }

  /**
   * Starts waiting operations on a new connection.
   * @param restored settles when each earlier subscription has been tried
   */
  connected(restored: Promise<unknown>): void {
    this.#parking.connected(restored)
  }

  /** Makes new operations wait, because the connection is lost. */
  disconnected(): void {
    this.#parking.disconnected()
  }

  /** Fails the waiting operations, because the broker refuses us or there will be no further attempt to connect. */
  failWaiting(error: Error): void {
    for (const operation of this.#parking.release()) {
      operation.attempts++
      this.#failed(operation, error)
    }
  }

  /** How many requests have been accepted and not settled, without immediate ones. */
  get inFlight(): number {
    return this.#active.size
  }

  /** How many immediate requests have been accepted and not answered. */
  get settling(): number {
    return this.#immediate.inFlight
  }

  /** Resolves when nothing is in flight except receives and subscriptions, which may last indefinitely. */
  drained(): Promise<void> {
    return this.#active.drained()
  }

  /**
   * Ends all operations without settling them. The host decides whether they are handed over to the next life or
   * rejected with ShutdownError.
   */
  stop(): void {
    this.#admission?.stop()
    this.#parking.release()
    for (const operation of this.#active.clear()) {
      const { state } = operation
      operation.state = { kind: 'settled' }
      if (state.kind === 'backing-off') state.timer.cancel()
      if (state.kind === 'attempting') state.attempt.abort(new ShutdownError())
    }
  }

  /** Starts an operation or makes it wait. @param attempted called when its attempt has ended or none was made */
  #try(operation: Operation, attempted: () => void = () => {}): void {
    if (operation.origin.inHand.mustWait(operation.request)) return this.#tryLater(operation, attempted)
    if (!this.#parking.mayGo(operation)) {
      attempted()
      return this.#offline(operation)
    }
    if (this.#admission === undefined) return this.#attempt(operation, attempted)
    try {
      this.#admission.enter(operation, () => this.#admitted(operation, attempted))
    } catch (error) {
      attempted()
      return this.#settlement.failed(operation, error)
    }
    if (operation.state.kind === 'queued') this.#active.track(operation)
  }

  /** Starts an operation that the limits have admitted. It must wait again if the connection was lost meanwhile. */
  #admitted(operation: Operation, attempted: () => void): void {
    if (this.#parking.mayGo(operation) && !operation.origin.inHand.mustWait(operation.request))
      return this.#attempt(operation, attempted)
    this.#admission!.leave(operation)
    this.#try(operation, attempted)
  }

  #attempt(operation: Operation, attempted: () => void): void {
    const { request } = operation
    let permit: BreakerPermit
    try {
      permit = this.#parts.breaker.acquire()
    } catch (error) {
      attempted()
      return this.#settlement.failed(operation, error)
    }
    this.#failures.begins(operation)
    const now = this.#parts.clock.monotonic()
    const limit = request.verb === 'receive' ? operation.end : now + this.#parts.settings.timeoutMs
    const attempt = operation.begin(permit, now, limit)
    let pending: PromiseLike<unknown> | undefined
    try {
      pending = this.#executor.execute(operation, attempt)
    } catch (error) {
      attempted()
      return this.#failed(operation, error)
    }
    if (!isThenable(pending)) {
      attempted()
      return this.#succeeded(operation, attempt, pending)
    }
    this.#active.track(operation)
    Promise.resolve(pending).then(
      (value) => {
        attempted()
        if (operation.isAttempting(attempt)) this.#succeeded(operation, attempt, value)
        else this.#parts.verbs.giveBackLate(request, value)
      },
      (error: unknown) => {
        attempted()
        if (operation.isAttempting(attempt)) this.#failed(operation, error)
      },
    )
  }

  #succeeded(operation: Operation, { permit }: OperationAttempt, value: unknown): void {
    this.#parts.breaker.succeeded(permit)
    this.#parts.streak.reset()
    this.#settlement.done(operation, value)
  }

  #tryLater(operation: Operation, attempted: () => void): void {
    this.#active.track(operation)
    operation.origin.inHand.later(() => {
      if (operation.state.kind === 'settled') attempted()
      else this.#try(operation, attempted)
    })
  }

  #offline(operation: Operation): void {
    const refusal = this.#parking.refusal()
    if (refusal !== undefined) {
      // Counts as an attempt; otherwise it would be retried until the deadline.
      operation.attempts++
      return this.#failed(operation, refusal)
    }
    this.#parking.park(operation)
    this.#active.track(operation)
  }

  #failed(operation: Operation, thrown: unknown): void {
    const { state, request } = operation
    if (state.kind === 'settled') return
    const error = failureOf(request.verb, request.target, thrown)
    this.#admission?.leave(operation)
    const decision = this.#failures.decide(operation, error)
    if (state.kind === 'attempting') {
      // Count a lost connection once, not once per operation in flight.
      if (decision.kind === 'resume') this.#parts.breaker.cutOff(state.attempt.permit)
      else this.#parts.breaker.failed(state.attempt.permit, error)
    } else if (state.kind === 'waiting' && !this.#parts.connection.isConnected)
      this.#parts.breaker.blame(error)
    switch (decision.kind) {
      case 'resume':
        operation.cutOffs++
        return this.#offline(operation)
      case 'poison':
        return this.#settlement.failed(operation, endsConnections(operation, error))
      case 'give-up':
        return this.#settlement.failed(operation, error)
      case 'retry':
        this.#parts.gauges.count('retries')
        operation.state = {
          kind: 'backing-off',
          timer: this.#parts.clock.setTimer(decision.afterMs, () => this.#try(operation)),
        }
        this.#active.track(operation)
    }
  }

  #expired(operation: Operation, now: number): void {
    if (operation.end > now) this.#endAttempt(operation)
    else this.#timeOut(operation)
  }

  #timeOut(operation: Operation): void {
    if (operation.request.verb === 'receive') this.#giveUpWaiting(operation)
    else this.#giveUp(operation, this.#attemptTimedOut(operation))
  }

  #endAttempt(operation: Operation): void {
    const error = this.#attemptTimedOut(operation)
    if (operation.state.kind === 'attempting') operation.state.attempt.abort(error)
    this.#failed(operation, error)
  }

  #attemptTimedOut(operation: Operation): TimeoutError {
    const error = timedOut(operation, this.#parts)
    if (operation.state.kind === 'attempting' && error.fault !== 'local') this.#parts.streak.timedOut()
    return error
  }

  /** Ends an operation that the host has settled. */
  #end(request: IncomingRequest): void {
    const operation = this.#active.get(request.value as number)
    if (operation !== undefined) {
      if (request.verb === 'expire') this.#timeOut(operation)
      else this.#giveUp(operation, new CancelledError())
    }
    // The host counts a request as posted until it is answered.
    this.#parts.outbox.done(request)
  }

  #giveUp(operation: Operation, error: Error): void {
    const { state } = operation
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') this.#parts.breaker.failed(state.attempt.permit, error)
    if (state.kind === 'waiting') this.#parts.breaker.blame(error)
    // Settle before aborting, so that an error that the adapter throws on its signal does not win.
    this.#settlement.failed(operation, error)
    if (state.kind === 'attempting') state.attempt.abort(error)
  }

  /** Settles a receive without a message. That none came in time is an answer, not an error. */
  #giveUpWaiting(operation: Operation): void {
    const { state } = operation
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') this.#parts.breaker.succeeded(state.attempt.permit)
    this.#settlement.done(operation, null)
    if (state.kind === 'attempting') state.attempt.abort(timedOut(operation, this.#parts))
  }
}

/** Whether a value is a promise. A custom adapter may return a plain value instead. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
