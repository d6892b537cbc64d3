import type { Value } from '../core/value.js'
import { encodeError } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import type { DeliveryQueue } from './delivery-queue.js'
import { NO_BYTES, type Outgoing } from './outgoing.js'
import type { Source } from './source.js'
import type { Outcome, Output, Pipeline, Transforms } from './transforms.js'

interface CollectorDependencies {
  readonly target: string
  readonly spec: SourceSpec
  readonly transforms: Transforms
  readonly queue: DeliveryQueue
  readonly gauges: Gauges
}

/** Receives the results of calls (`into`) and passes them through transforms to the host. */
export class CollectorSource implements Source {
  readonly id: number
  readonly verb = 'collect'
  readonly target: string
  readonly #parts: CollectorDependencies
  readonly #pipeline: Pipeline<undefined>
  /** Calls whose results are on the slow path. */
  #waiting: (() => void)[] = []

  /** @throws SerializeError */
  constructor(parts: CollectorDependencies) {
    this.id = parts.spec.id
    this.target = parts.target
    this.#parts = parts
    this.#pipeline = parts.transforms.make<undefined>(parts.spec.transforms ?? [], {
      emit: (output) => this.#emit(output),
      settled: (_, outcome) => this.#settled(outcome),
      onRoom: () => {
        if (!this.#pipeline.isBusy) this.#release()
      },
    })
  }

  /** Takes the result of a call. Resolves when no query on the slow path is in progress for it. */
  collect(value: Value): Promise<void> | undefined {
    this.#pipeline.push(undefined, value)
    if (!this.#pipeline.isBusy) return undefined
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async open(): Promise<void> {}

  disconnected(): void {}

  async release(): Promise<void> {}

  drain(): void {
    this.#parts.queue.drain()
  }

  flush(): void {
    this.#parts.queue.flush()
  }

  async finish(): Promise<void> {
    this.flush()
    await this.#parts.queue.received()
    await this.close()
  }

  async close(): Promise<void> {
    this.#parts.transforms.close(this.#pipeline)
    this.#release()
    this.#parts.queue.clear()
    this.#parts.queue.forgetReceipts()
  }

  detach(): Promise<void> {
    return this.close()
  }

  #release(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  #emit({ value, bytes, settle }: Output<undefined>): void {
    this.#offer({ transformed: { value, bytes }, extras: undefined, taken: () => settle({ kind: 'taken' }) })
  }

  #settled(outcome: Outcome): void {
    if (outcome.kind === 'filtered') this.#parts.gauges.count('filtered')
    if (outcome.kind !== 'failed') return
    this.#parts.gauges.countError('serialize')
    // Reading the value throws the error.
    const extras = { fault: encodeError(outcome.error), bytes: NO_BYTES }
    this.#offer({ transformed: { value: null, bytes: 0 }, extras })
  }

  #offer(message: Omit<Outgoing, 'topic' | 'payload'>): void {
    this.#parts.queue.offer({ topic: this.target, payload: NO_BYTES, ...message })
  }
}
