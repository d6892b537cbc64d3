import type { IntegrationSettings } from '../core/settings/integration.js'
import type { BreakerPermit, CircuitBreaker } from '../resilience/circuit-breaker.js'
import type { ActiveOperations } from './active-operations.js'
import type { Admission } from './admission.js'
import type { Connection } from './connection.js'
import type { Attempted, Operation } from './operation.js'
import { mayNotWait } from './operation-errors.js'
import { Parking } from './parking.js'
import { ProbeQueue } from './probe-queue.js'

export interface EntranceDependencies {
  readonly settings: IntegrationSettings
  readonly connection: Connection
  readonly breaker: CircuitBreaker
  readonly active: ActiveOperations
  /** The limits of the integration; undefined if there are none. */
  readonly admission: Admission | undefined
}

export interface EntranceEvents {
  /** The operation may be attempted. */
  begin(operation: Operation, permit: BreakerPermit, attempted: Attempted | undefined): void
  /** The limits or the breaker refuse the operation. */
  refused(operation: Operation, error: unknown): void
  /** The operation may not wait for the connection. */
  offline(operation: Operation, error: Error): void
}

/**
 * Everything that an operation waits for before an attempt: its turn, the connection, the limits, and the outcome of
 * the breaker's probes.
 */
export class Entrance {
  readonly #parts: EntranceDependencies
  readonly #events: EntranceEvents
  readonly #parking: Parking
  readonly #probes: ProbeQueue

  constructor(parts: EntranceDependencies, events: EntranceEvents) {
    this.#parts = parts
    this.#events = events
    this.#parking = new Parking(parts.connection, parts.settings, (operation, attempted) =>
      this.enter(operation, attempted),
    )
    this.#probes = new ProbeQueue((operation, attempted) => this.#admitted(operation, attempted))
  }

  /** Starts an operation or makes it wait. */
  enter(operation: Operation, attempted?: Attempted): void {
    const { admission, active } = this.#parts
    if (operation.origin.inHand.mustWait(operation.request)) return this.#enterLater(operation, attempted)
    if (!this.#parking.mayGo(operation)) {
      attempted?.()
      return this.park(operation)
    }
    const tried = operation.request.options?.source?.reopens ? this.#parking.reopening(attempted) : attempted
    if (admission === undefined) return this.#pass(operation, tried)
    try {
      admission.enter(operation, () => this.#admitted(operation, tried))
    } catch (error) {
      tried?.()
      return this.#events.refused(operation, error)
    }
    if (operation.state.kind === 'queued') active.track(operation)
  }

  /** Makes an operation wait for the connection, if it may. */
  park(operation: Operation): void {
    operation.state = { kind: 'waiting', permit: this.#parts.breaker.generation }
    const refusal = operation.mayWait ? this.#parking.refusal() : mayNotWait()
    if (refusal !== undefined) return this.#events.offline(operation, refusal)
    this.#parking.park(operation)
    this.#parts.active.track(operation)
  }

  /**
   * Starts waiting operations on a new connection.
   * @param restored settles when each earlier subscription has been tried
   */
  connected(restored: Promise<unknown>): void {
    this.#parking.connected(restored)
  }

  /** Makes operations wait for the next connection, because this one is lost. */
  disconnected(): void {
    this.#parking.disconnected()
    this.#probes.beginWhile(() => true)
  }

  /** Starts operations that wait for a probe which has ended. */
  probed(): void {
    this.#probes.beginWhile(() => !this.#parts.breaker.isProbed)
  }

  /** Removes and returns the operations that wait for the connection. */
  release(): Operation[] {
    return this.#parking.release()
  }

  stop(): void {
    this.#parts.admission?.stop()
    this.#probes.stop()
    this.#parking.release()
  }

  /** Starts an operation that the limits have admitted. It must wait again if the connection was lost meanwhile. */
  #admitted(operation: Operation, attempted: Attempted | undefined): void {
    if (this.#parking.mayGo(operation) && !operation.origin.inHand.mustWait(operation.request))
      return this.#pass(operation, attempted)
    this.#parts.admission?.leave(operation)
    this.enter(operation, attempted)
  }

  #pass(operation: Operation, attempted: Attempted | undefined): void {
    const { breaker, active } = this.#parts
    let permit: BreakerPermit | undefined
    try {
      // A `receive` waits for a message that may never come, so that no other operation should wait for its outcome.
      permit = operation.request.verb === 'receive' ? breaker.acquireLasting() : breaker.acquire()
    } catch (error) {
      attempted?.()
      return this.#events.refused(operation, error)
    }
    if (permit !== undefined) return this.#events.begin(operation, permit, attempted)
    this.#probes.add(operation, attempted)
    active.track(operation)
  }

  #enterLater(operation: Operation, attempted: Attempted | undefined): void {
    this.#parts.active.track(operation)
    operation.origin.inHand.later(() => {
      if (operation.state.kind === 'settled') attempted?.()
      else this.enter(operation, attempted)
    })
  }
}
