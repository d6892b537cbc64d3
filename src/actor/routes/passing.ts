import type { Received } from './received.js'
import type { Forward } from './route.js'

/** What a message tells its route. */
export interface PassingRoute {
  routed(received: Received, result: unknown): void
  failed(received: Received, error: Error): void
}

/** A message without transforms. */
export class Passing implements Forward {
  readonly received: Received
  readonly value = undefined
  readonly #route: PassingRoute

  constructor(received: Received, route: PassingRoute) {
    this.received = received
    this.#route = route
  }

  get isKept(): boolean {
    return this.received.source?.isKept === true
  }

  accepted(result: unknown): void {
    this.#route.routed(this.received, result)
  }

  refused(error: Error): void {
    this.#route.failed(this.received, error)
  }

  returned(): void {
    this.received.source?.returned()
  }
}
