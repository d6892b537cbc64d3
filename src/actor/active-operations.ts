import type { Clock } from '../core/clock.js'
import { DeadlineTimer } from '../core/deadline-timer.js'
import { SequenceTable } from '../core/sequence-table.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { Operation } from './operation.js'
import { isSource } from './verbs.js'

/** Operations that have been accepted and not been settled, and their deadlines. */
export class ActiveOperations {
  readonly #gauges: Gauges
  readonly #expired: (operation: Operation, now: number) => void
  readonly #operations = new SequenceTable<Operation>()
  readonly #deadlines: DeadlineTimer
  #idle: (() => void)[] = []

  /** @param expired ends the operation or its attempt: one of their deadlines has come. */
  constructor(clock: Clock, gauges: Gauges, expired: (operation: Operation, now: number) => void) {
    this.#gauges = gauges
    this.#expired = expired
    this.#deadlines = new DeadlineTimer(clock, (now) => this.#expire(now))
  }

  get size(): number {
    return this.#operations.size
  }

  get(seq: number): Operation | undefined {
    return this.#operations.get(seq)
  }

  /** It goes on until it is settled, and its deadline is watched. */
  track(operation: Operation): void {
    const { deadline } = operation
    this.#operations.set(operation.request.seq, operation)
    if (deadline !== Number.POSITIVE_INFINITY) this.#deadlines.add(deadline)
    this.#gauges.setOperations(this.#operations.size)
  }

  /** It has been settled. */
  remove(operation: Operation): void {
    if (this.#operations.take(operation.request.seq) !== undefined)
      this.#gauges.setOperations(this.#operations.size)
    if (this.#idle.length === 0 || !this.#isDrained) return
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }

  /** Forgets all of them, and their deadlines. @returns what there was */
  clear(): readonly Operation[] {
    this.#deadlines.cancel()
    const operations = [...this.#operations.values()]
    this.#operations.clear()
    this.#gauges.setOperations(0)
    return operations
  }

  /** Resolves when nothing is in flight except what may last indefinitely: a receive or a subscription. */
  drained(): Promise<void> {
    if (this.#isDrained) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  get #isDrained(): boolean {
    for (const { request } of this.#operations.values())
      if (request.verb !== 'receive' && !isSource(request.verb)) return false
    return true
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (const operation of [...this.#operations.values()]) {
      if (operation.deadline <= now) this.#expired(operation, now)
      if (operation.state.kind !== 'settled') next = Math.min(next, operation.deadline)
    }
    return next
  }
}
