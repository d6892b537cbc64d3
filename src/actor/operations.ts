import type { Clock } from '../core/clock.js'
import { CancelledError, ShutdownError, type TimeoutError } from '../core/errors.js'
import type { Random } from '../core/random.js'
import { type IntegrationSettings, operationBudgetMs } from '../core/settings.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { IncomingRequest } from '../mailbox/requests.js'
import type { BreakerPermit, CircuitBreaker } from '../resilience/circuit-breaker.js'
import { ActiveOperations } from './active-operations.js'
import { failureOf } from './adapter-failure.js'
import { type Admission, admissionFor } from './admission.js'
import type { Connection } from './connection.js'
import { FailurePolicy } from './failure-policy.js'
import type { InHand } from './in-hand.js'
import { Operation, type OperationAttempt } from './operation.js'
import { endsConnections, timedOut } from './operation-errors.js'
import type { Outbox } from './outbox.js'
import { Parking } from './parking.js'
import { type LatencyRecorder, Settlement } from './settlement.js'
import type { TimeoutStreak } from './timeout-streak.js'
import { isImmediate, type Verbs } from './verbs.js'

/** A `receive` that does not want to wait gets so long for the answer of the broker, in milliseconds. */
const NO_WAIT_MS = 900

/** What operations are carried out with. */
export interface OperationsParts {
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
  /** Names the integration: the ids of operations begin with it. */
  readonly idPrefix: string
}

/**
 * Carries out the host's requests: waits for the connection, asks the breaker, makes attempts, retries, and
 * settles each request exactly once. The only owner of retries; deadlines hold in every state.
 */
export class Operations {
  readonly #parts: OperationsParts
  readonly #settlement: Settlement
  readonly #admission: Admission | undefined
  readonly #failures: FailurePolicy
  readonly #active: ActiveOperations
  readonly #parking: Parking
  #settling = 0

  constructor(parts: OperationsParts) {
    const { settings, clock, random, connection, verbs, outbox, gauges, latency } = parts
    this.#parts = parts
    this.#settlement = new Settlement(clock, outbox, gauges, latency)
    this.#active = new ActiveOperations(clock, gauges, (operation, now) => this.#expired(operation, now))
    this.#parking = new Parking(connection, settings, (operation, attempted) =>
      this.#try(operation, attempted),
    )
    this.#admission = admissionFor(settings, clock)
    this.#failures = new FailurePolicy(settings, clock, random, connection, verbs)
  }

  /** Takes on a request. Never throws. */
  accept(request: IncomingRequest): void {
    if (request.verb === 'cancel') return this.#cancel(request)
    if (isImmediate(request.verb)) return this.#carryOut(request)
    const now = this.#parts.clock.monotonic()
    const operation = new Operation(request, this.#parts.idPrefix, this.#endOf(request, now), now)
    if (now >= operation.end) return this.#settleFailed(operation, timedOut(operation, this.#parts))
    this.#try(operation)
  }

  #endOf({ verb, deadline }: IncomingRequest, now: number): number {
    if (deadline === 0) return now + operationBudgetMs(this.#parts.settings)
    // Whether there is a message can only be known by asking the broker.
    return verb === 'receive' && deadline <= now ? now + NO_WAIT_MS : deadline
  }

  /** There is a connection. @param restored settles when the subscriptions of earlier ones have been opened or tried */
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
      operation.attempts++
      this.#failed(operation, error)
    }
  }

  /** Requests that have been accepted and not been settled, without those that are carried out at once. */
  get underWay(): number {
    return this.#active.size
  }

  /** Requests that are carried out at once and have not been answered. */
  get settling(): number {
    return this.#settling
  }

  /** Resolves when nothing is in flight except what may last indefinitely: a receive or a subscription. */
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
      const { state } = operation
      operation.state = { kind: 'settled' }
      if (state.kind === 'backing-off') state.timer.cancel()
      if (state.kind === 'attempting') state.attempt.abort(new ShutdownError())
    }
  }

  /** Settles what is already here: waiting for nothing, and trying once. */
  #carryOut(request: IncomingRequest): void {
    const never = new Operation(request, this.#parts.idPrefix, Number.POSITIVE_INFINITY, 0)
    const attempt = never.begin(0, 0, Number.POSITIVE_INFINITY)
    const { outbox } = this.#parts
    const performed = Promise.resolve(this.#perform(request, attempt))
    this.#settling++
    performed.then(
      (value) => {
        this.#settling--
        if (value === undefined) outbox.done(request)
        else outbox.reply(request, value)
      },
      (error: unknown) => {
        this.#settling--
        outbox.fail(request, failureOf(request.verb, request.target, error))
      },
    )
  }

  /** @param attempted called when the attempt has come to an end, or none was made. */
  #try(operation: Operation, attempted: () => void = () => {}): void {
    if (this.#parts.inHand.mustWait(operation.request)) return this.#tryLater(operation, attempted)
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
    if (this.#parking.mayGo(operation) && !this.#parts.inHand.mustWait(operation.request))
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
      return this.#settleFailed(operation, error)
    }
    this.#failures.begins(operation)
    const now = this.#parts.clock.monotonic()
    const limit = request.verb === 'receive' ? operation.end : now + this.#parts.settings.timeoutMs
    const attempt = operation.begin(permit, now, limit)
    let pending: PromiseLike<unknown> | undefined
    try {
      pending = this.#perform(request, attempt)
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
        else this.#parts.verbs.tooLate(request, value)
      },
      (error: unknown) => {
        attempted()
        if (operation.isAttempting(attempt)) this.#failed(operation, error)
      },
    )
  }

  #succeeded(operation: Operation, { permit }: OperationAttempt, value: unknown): void {
    this.#parts.breaker.succeeded(permit)
    this.#parts.streak.broken()
    this.#settleDone(operation, value)
  }

  #tryLater(operation: Operation, attempted: () => void): void {
    this.#active.track(operation)
    this.#parts.inHand.later(() => {
      if (operation.state.kind === 'settled') attempted()
      else this.#try(operation, attempted)
    })
  }

  #perform(request: IncomingRequest, attempt: OperationAttempt): Promise<unknown> | undefined {
    this.#parts.inHand.take(request)
    try {
      return this.#parts.verbs.perform(request, attempt)
    } finally {
      this.#parts.inHand.released()
    }
  }

  #offline(operation: Operation): void {
    const refusal = this.#parking.refusal()
    if (refusal !== undefined) {
      // An attempt like any other, or it would be repeated until the deadline.
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
    const fate = this.#failures.decide(operation, error)
    if (state.kind === 'attempting') {
      // Count a lost connection once, not once per operation in flight.
      if (fate.kind === 'resume') this.#parts.breaker.cutOff(state.attempt.permit)
      else this.#parts.breaker.failed(state.attempt.permit, error)
    } else if (state.kind === 'waiting' && !this.#parts.connection.isConnected)
      this.#parts.breaker.blame(error)
    switch (fate.kind) {
      case 'resume':
        operation.cutOffs++
        return this.#offline(operation)
      case 'poison':
        return this.#settleFailed(operation, endsConnections(operation, error))
      case 'give-up':
        return this.#settleFailed(operation, error)
      case 'retry':
        this.#parts.gauges.count('retries')
        operation.state = {
          kind: 'backing-off',
          timer: this.#parts.clock.setTimer(fate.afterMs, () => this.#try(operation)),
        }
        this.#active.track(operation)
    }
  }

  #expired(operation: Operation, now: number): void {
    if (operation.end > now) this.#endAttempt(operation)
    else if (operation.request.verb === 'receive') this.#giveUpWaiting(operation)
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

  #cancel(request: IncomingRequest): void {
    const operation = this.#active.get(request.value as number)
    if (operation !== undefined) this.#giveUp(operation, new CancelledError())
    // Without an answer it would keep its place in the host's mailbox.
    this.#parts.outbox.done(request)
  }

  #giveUp(operation: Operation, error: Error): void {
    const { state } = operation
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') this.#parts.breaker.failed(state.attempt.permit, error)
    if (state.kind === 'waiting') this.#parts.breaker.blame(error)
    // Before the adapter knows: what it throws then must not win.
    this.#settleFailed(operation, error)
    if (state.kind === 'attempting') state.attempt.abort(error)
  }

  /** There was no message in the time allowed: that is an answer, not a fault. */
  #giveUpWaiting(operation: Operation): void {
    const { state } = operation
    if (state.kind === 'backing-off') state.timer.cancel()
    if (state.kind === 'attempting') this.#parts.breaker.succeeded(state.attempt.permit)
    this.#settleDone(operation, null)
    if (state.kind === 'attempting') state.attempt.abort(timedOut(operation, this.#parts))
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

/** Adapters of others return a value where a promise of it is promised. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function'
}
