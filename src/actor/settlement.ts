import type { Clock } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'
import { asIntegrationError } from '../resilience/classify.js'
import type { Operation } from './operation.js'
import type { Outbox } from './outbox.js'

/** Durations of operations, in microseconds. */
export interface LatencyRecorder {
  record(microseconds: number): void
}

/** Tells the host what became of an operation: once, and with the figures of it. */
export class Settlement {
  readonly #clock: Clock
  readonly #outbox: Outbox
  readonly #gauges: Gauges
  readonly #latency: LatencyRecorder

  constructor(clock: Clock, outbox: Outbox, gauges: Gauges, latency: LatencyRecorder) {
    this.#clock = clock
    this.#outbox = outbox
    this.#gauges = gauges
    this.#latency = latency
  }

  /** It succeeded. @param value undefined where there is none to give */
  done(operation: Operation, value: unknown): void {
    const { request } = operation
    // A call without a result has a value all the same: without one it would look like a notification.
    if (value !== undefined || request.verb === 'call') this.#outbox.reply(request, value ?? null)
    else this.#outbox.done(request)
    this.#settled(operation)
  }

  failed(operation: Operation, error: unknown): void {
    const known = asIntegrationError(error)
    if (known !== undefined) this.#gauges.countError(known.kind)
    this.#outbox.fail(operation.request, error)
    this.#settled(operation)
  }

  #settled(operation: Operation): void {
    operation.state = { kind: 'settled' }
    this.#latency.record(Math.max(1, Math.round((this.#clock.monotonic() - operation.startedAt) * 1_000)))
  }
}
