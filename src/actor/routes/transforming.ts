import type { TransformSettings } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import type { Outcome, Output, Pipeline, Transforms } from '../transforms.js'
import type { Received } from './received.js'
import type { Forward } from './route.js'

/** What transforms need of their route. */
export interface TransformRoute {
  envelope(received: Received): object
  send(forward: Forward): void
  routed(received: Received, result: unknown): void
  filtered(received: Received): void
  failed(received: Received, error: Error): void
  roomAgain(): void
}

/** The transforms of a route. A message is settled when everything that was made of it has been accepted. */
export class Transforming {
  readonly #pipeline: Pipeline<Received>
  readonly #route: TransformRoute
  readonly #transforms: Transforms
  /** What the sink answered, for a source that passes it on. */
  readonly #results = new WeakMap<Received, unknown>()
  #isFull = false

  /** @throws SerializeError if a transform is not valid */
  constructor(settings: readonly TransformSettings[], transforms: Transforms, route: TransformRoute) {
    this.#route = route
    this.#transforms = transforms
    this.#pipeline = transforms.make<Received>(settings, {
      emit: (output) => this.#emit(output),
      settled: (received, outcome) => this.#settled(received, outcome),
      onRoom: () => {
        this.#isFull = false
        route.roomAgain()
      },
    })
  }

  /** Whether the source should be held back. */
  get isFull(): boolean {
    return this.#isFull
  }

  push(received: Received): void {
    let value: Value
    try {
      value = this.#route.envelope(received) as Value
    } catch (error) {
      return this.#route.failed(received, error as Error)
    }
    if (!this.#pipeline.push(received, value)) this.#isFull = true
  }

  close(): void {
    this.#transforms.close(this.#pipeline)
  }

  /** Gives back what is held, because the connection of the source is lost. */
  reset(): void {
    this.#pipeline.reset()
    this.#isFull = false
  }

  #emit(output: Output<Received>): void {
    const received = output.messages.at(-1)!
    this.#route.send({
      received,
      value: { of: output.value },
      isKept: output.messages.every(({ source }) => source?.isKept === true),
      accepted: (result) => {
        this.#results.set(received, result)
        output.settle({ kind: 'taken' })
      },
      refused: (error) => output.settle({ kind: 'failed', error, isPermanent: false }),
      returned: () => output.settle({ kind: 'returned' }),
    })
  }

  #settled(received: Received, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'taken':
        return this.#route.routed(received, this.#results.get(received))
      case 'filtered':
        return this.#route.filtered(received)
      case 'failed':
        return this.#route.failed(received, outcome.error ?? new Error('a transform failed'))
      case 'returned':
        return received.source?.returned()
    }
  }
}
