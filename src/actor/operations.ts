import { onAbort } from '../core/abort.js'
import type { Clock } from '../core/clock.js'
import type { IntegrationError } from '../core/errors/integration-error.js'
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
import { Entrance } from './entrance.js'
import { Executor, isThenable } from './executor.js'
import { FailurePolicy } from './failure-policy.js'
import { ImmediateRequests } from './immediate-requests.js'
import type { InHand } from './in-hand.js'
import { type Attempted, endOf, Operation, type OperationAttempt, type RequestOrigin } from './operation.js'
import { endsConnections, hadItsTime, mayNotWait, timedOut } from './operation-errors.js'
import type { Outbox } from './outbox.js'
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
  readonly #entrance: Entrance
  readonly #executor: Executor
  readonly #immediate: ImmediateRequests
  /** Where requests come from if nothing else is said. */
  readonly #host: RequestOrigin

  constructor(parts: OperationsDependencies) {
    const { settings, clock, random, connection, breaker, verbs, outbox, gauges, latency, inHand, idPrefix } =
      parts
    this.#parts = parts
    this.#active = new ActiveOperations(clock, gauges, (operation, now) => this.#expired(operation, now))
    this.#admission = admissionFor(settings, clock)
    const [active, admission] = [this.#active, this.#admission]
    this.#settlement = new Settlement({ clock, gauges, latency, active, admission })
    this.#entrance = new Entrance(
      { settings, connection, breaker, active, admission },
      {
        begin: (operation, permit, attempted) => this.#attempt(operation, permit, attempted),
        refused: (operation, error) => this.#settlement.failed(operation, error),
        offline: (operation, error) => this.#offline(operation, error),
      },
    )
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
    this.#entrance.enter(operation)
  }

  /**
   * Starts waiting operations on a new connection.
   * @param restored settles when each earlier subscription has been tried
   */
  connected(restored: Promise<unknown>): void {
    this.#entrance.connected(restored)
  }

  /** Makes new operations wait, because the connection is lost. */
  disconnected(): void {
    this.#entrance.disconnected()
  }

  /** Fails the waiting operations, because the broker refuses us or there will be no further attempt to connect. */
  failWaiting(error: Error): void {
    for (const operation of this.#entrance.release()) this.#offline(operation, error)
  }

  /** Fails what may no longer wait and makes no attempt on a connection. @param isQueueEnded whether limits count */
  endWaits(origin: RequestOrigin, isQueueEnded: boolean): void {
    for (const operation of this.#active.ofRoute(origin)) {
      const { state, mayWait } = operation
      const isUnderWay = state.kind === 'attempting' || (state.kind === 'queued' && !isQueueEnded)
      if (!mayWait && !(isUnderWay && this.#parts.connection.isConnected))
        this.#giveUp(operation, mayNotWait())
    }
  }

  /** Starts operations that wait for a probe of the breaker which has ended. */
  probed(): void {
    this.#entrance.probed()
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
    this.#entrance.stop()
    for (const operation of this.#active.clear()) {
      const { state } = operation
      operation.state = { kind: 'settled' }
      if (state.kind === 'backing-off') state.timer.cancel()
      if (state.kind === 'attempting') state.attempt.abort(new ShutdownError())
    }
  }

  /** Fails an operation because there is no connection. */
  #offline(operation: Operation, error: Error): void {
    // Counts as an attempt; otherwise it would be retried until the deadline.
    operation.attempts++
    const { verb, target } = operation.request
    this.#failed(operation, failureOf(verb, target, error))
  }

  #attempt(operation: Operation, permit: BreakerPermit, attempted: Attempted | undefined): void {
    const { request } = operation
    this.#failures.begins(operation)
    const now = this.#parts.clock.monotonic()
    const limit = request.verb === 'receive' ? operation.end : now + this.#parts.settings.timeoutMs
    const attempt = operation.begin(permit, now, limit)
    let result: unknown
    let pending: Promise<unknown> | undefined
    try {
      result = this.#executor.execute(operation, attempt)
      // A custom adapter may return something whose `then` cannot be read.
      if (isThenable(result)) pending = Promise.resolve(result)
    } catch (error) {
      attempted?.()
      return this.#threw(operation, error)
    }
    if (pending === undefined) {
      attempted?.()
      return this.#succeeded(operation, attempt, result)
    }
    this.#active.track(operation)
    // An adapter that does not end its attempt must not hold up the operations that wait for it.
    if (attempted !== undefined) onAbort(attempt.signal, attempted)
    pending.then(
      (value) => {
        attempted?.()
        if (operation.isAttempting(attempt)) this.#succeeded(operation, attempt, value)
        else this.#parts.verbs.giveBackLate(request, value)
      },
      (error: unknown) => {
        attempted?.()
        if (operation.isAttempting(attempt)) this.#threw(operation, error)
      },
    )
  }

  #succeeded(operation: Operation, { permit }: OperationAttempt, value: unknown): void {
    this.#parts.breaker.succeeded(permit)
    this.#parts.streak.answered()
    this.#settlement.done(operation, value)
  }

  /** Handles what the adapter threw. Its time-out at the end of an attempt is that of the attempt. */
  #threw(operation: Operation, thrown: unknown): void {
    const error = failureOf(operation.request.verb, operation.request.target, thrown)
    this.#failed(operation, error.kind === 'timeout' ? this.#attemptTimedOut(operation, error) : error)
  }

  #failed(operation: Operation, error: IntegrationError): void {
    const { state } = operation
    if (state.kind === 'settled') return
    const { breaker, connection } = this.#parts
    this.#admission?.leave(operation)
    const decision = this.#failures.decide(operation, error)
    if (state.kind === 'attempting') {
      if (decision.kind === 'resume' || this.#failures.isKnownLoss(error))
        breaker.cutOff(state.attempt.permit)
      else breaker.failed(state.attempt.permit, error)
    } else if (state.kind === 'waiting' && !connection.isConnected) breaker.blame(state.permit, error)
    if ((decision.kind === 'resume' || decision.kind === 'retry') && !operation.mayWait)
      return this.#settlement.failed(operation, mayNotWait(error))
    switch (decision.kind) {
      case 'resume':
        operation.cutOffs++
        return this.#entrance.park(operation)
      case 'poison':
        return this.#settlement.failed(operation, endsConnections(operation, error))
      case 'give-up':
        return this.#settlement.failed(operation, error)
      case 'retry':
        this.#parts.gauges.count('retries')
        operation.state = {
          kind: 'backing-off',
          timer: this.#parts.clock.setTimer(decision.afterMs, () => this.#entrance.enter(operation)),
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

  /** Makes the error of an attempt that timed out. @param found the adapter's error */
  #attemptTimedOut(operation: Operation, found?: IntegrationError): TimeoutError {
    const { state } = operation
    const error = timedOut(operation, this.#parts, found)
    if (
      state.kind === 'attempting' &&
      error.fault !== 'local' &&
      hadItsTime(state.attempt, this.#parts.clock)
    )
      this.#parts.streak.timedOut(state.attempt.startedAt)
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
    const { breaker, connection } = this.#parts
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') breaker.failed(state.attempt.permit, error)
    if (state.kind === 'waiting' && !connection.isConnected) breaker.blame(state.permit, error)
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
