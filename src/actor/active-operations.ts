import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { Operation, RequestOrigin } from './operation.js'
import { isSource } from './verbs.js'

/** The operations that have been accepted and not settled, and their deadlines. */
export class ActiveOperations {
  readonly #gauges: Gauges
  readonly #expired: (operation: Operation, now: number) => void
  readonly #ofHost = new SequenceTable<Operation>()
  readonly #ofRoutes = new SequenceTable<Operation>()
  readonly #deadlines: DeadlineTimer
  #idle: (() => void)[] = []

  /** @param expired called when the deadline of an operation or of its attempt has passed */
  constructor(clock: Clock, gauges: Gauges, expired: (operation: Operation, now: number) => void) {
    this.#gauges = gauges
    this.#expired = expired
    this.#deadlines = new DeadlineTimer(clock, (now) => this.#expire(now))
  }

  get size(): number {
    return this.#ofHost.size + this.#ofRoutes.size
  }

  /** Returns the operation of a request of the host. */
  get(seq: number): Operation | undefined {
    return this.#ofHost.get(seq)
  }

  /** The operations of a route. */
  ofRoute(origin: RequestOrigin): readonly Operation[] {
    return [...this.#ofRoutes.values()].filter((operation) => operation.origin === origin)
  }

  /** Adds an operation until it is settled, and watches its deadline. Idempotent. */
  track(operation: Operation): void {
    const { deadline } = operation
    this.#tableOf(operation).set(operation.request.seq, operation)
    if (deadline !== Number.POSITIVE_INFINITY) this.#deadlines.add(deadline)
    this.#gauges.setOperations(this.size)
  }

  /** Removes an operation that has been settled. */
  remove(operation: Operation): void {
    if (this.#tableOf(operation).take(operation.request.seq) !== undefined)
      this.#gauges.setOperations(this.size)
    if (this.#idle.length === 0 || !this.#isDrained) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /** Removes all operations and their deadlines. @returns the operations */
  clear(): readonly Operation[] {
    this.#deadlines.cancel()
    const operations = this.#all()
    this.#ofHost.clear()
    this.#ofRoutes.clear()
    this.#gauges.setOperations(0)
    return operations
  }

  /** Resolves when nothing is in flight except receives and subscriptions, which may last indefinitely. */
  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #tableOf({ origin }: Operation): SequenceTable<Operation> {
    return origin.isHost ? this.#ofHost : this.#ofRoutes
  }

  #all(): Operation[] {
    return [...this.#ofHost.values(), ...this.#ofRoutes.values()]
  }

  get #isDrained(): boolean {
    for (const { request } of this.#all())
      if (request.verb !== 'receive' && !isSource(request.verb)) return false
    return true
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const operation of this.#all()) {
      if (operation.deadline <= now) this.#expired(operation, now)
      if (operation.state.kind !== 'settled') next = Math.min(next, operation.deadline)
    }
    return next
  }
}
