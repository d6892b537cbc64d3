import { Deque } from '../core/deque.js'
import { ConnectionError } from '../core/errors/connection.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { Connection } from './connection.js'
import { mustGoAlone } from './failure-policy.js'
import type { Attempted, Operation } from './operation.js'
import { isSource } from './verbs.js'

type Begin = (operation: Operation, attempted?: Attempted) => void

/** The operations that wait for the connection, in order. */
export class Parking {
  readonly #connection: Connection
  readonly #settings: IntegrationSettings
  readonly #begin: Begin
  readonly #parked = new Deque<Operation>()
  /**
   * `restored` when each subscription of the earlier connection has been tried, `suspecting` while suspects are tried,
   * `ready` when anything may go.
   */
  #state: 'disconnected' | 'restoring' | 'restored' | 'suspecting' | 'ready' = 'disconnected'
  #connections = 0
  /** Subscriptions of the actor's earlier life that are being opened. */
  #reopening = 0
  /** The suspect that is tried alone, before all others. */
  #alone: Operation | undefined

  constructor(connection: Connection, settings: IntegrationSettings, begin: Begin) {
    this.#connection = connection
    this.#settings = settings
    this.#begin = begin
  }

  /** Whether an attempt may be made now. */
  mayGo(operation: Operation): boolean {
    return (
      this.#state === 'ready' ||
      (this.#connection.isConnected && (isSource(operation.request.verb) || operation === this.#alone))
    )
  }

  /** Why an operation may not wait for the connection; `undefined` if it may. */
  refusal(): Error | undefined {
    if (this.#connection.waitFault !== undefined) return this.#connection.waitFault
    if (this.#settings.reconnect.offline !== 'fail' || this.#connection.status.state !== 'reconnecting')
      return undefined
    const cause = this.#connection.lastError
    return new ConnectionError(`there is no connection${cause === undefined ? '' : `: ${cause.message}`}`, {
      integration: this.#settings.name,
      notExecuted: true,
      cause,
    })
  }

  /** Adds an operation whose state is `waiting`. */
  park(operation: Operation): void {
    this.#parked.push(operation)
  }

  /**
   * Starts the waiting operations on a new connection, in order. Subscriptions come first, so that a subscription does
   * not miss a message that was published after it.
   * @param restored settles when each earlier subscription has been opened or tried once
   */
  connected(restored: Promise<unknown>): void {
    const connection = ++this.#connections
    this.#state = 'restoring'
    const opening = this.release((operation) => isSource(operation.request.verb)).map(
      (operation) => new Promise<void>((resolve) => this.#begin(operation, resolve)),
    )
    Promise.all([restored, ...opening]).then(() => {
      if (!this.#isCurrent(connection)) return
      this.#state = 'restored'
      void this.#beginWaiting()
    })
  }

  /**
   * Makes all other operations wait until a subscription of the actor's earlier life has been tried. The connection may
   * be up before the host asks for it again.
   * @param attempted is called too
   * @returns to be called when the attempt has ended; only the first call counts
   */
  reopening(attempted: Attempted | undefined): Attempted {
    this.#reopening++
    if (this.#state === 'ready') this.#state = 'restored'
    let hasEnded = false
    return () => {
      attempted?.()
      if (hasEnded) return
      hasEnded = true
      this.#reopening--
      void this.#beginWaiting()
    }
  }

  /** Starts the waiting operations when no subscription has to go before them. */
  async #beginWaiting(): Promise<void> {
    const connection = this.#connections
    if (!this.#isCurrent(connection) || this.#state !== 'restored' || this.#reopening > 0) return
    this.#state = 'suspecting'
    await this.#beginSuspects(() => this.#isCurrent(connection))
    if (!this.#isCurrent(connection)) return
    this.#state = 'restored'
    // The end of the last of these calls this again.
    if (this.#reopening > 0) return
    this.#state = 'ready'
    for (const operation of this.release()) this.#begin(operation)
  }

  #isCurrent(connection: number): boolean {
    return connection === this.#connections && this.#connection.isConnected
  }

  /**
   * Starts those of the operations that still wait. The connection has changed since, and may have released some of
   * them.
   */
  #beginAgain(operations: readonly Operation[]): void {
    for (const operation of operations) if (operation.state.kind === 'waiting') this.#begin(operation)
  }

  /** Tries suspects one at a time, so that the loss of the connection identifies the one in flight. */
  async #beginSuspects(isCurrent: () => boolean): Promise<void> {
    const suspects = this.release(mustGoAlone)
    for (let i = 0; i < suspects.length; i++) {
      if (!isCurrent()) return this.#beginAgain(suspects.slice(i))
      this.#alone = suspects[i]
      await new Promise<void>((resolve) => this.#begin(suspects[i]!, resolve))
      this.#alone = undefined
    }
  }

  /** Makes new operations wait, because the connection is lost. */
  disconnected(): void {
    this.#state = 'disconnected'
  }

  /** Removes and returns the waiting operations for which `wanted` returns true. */
  release(wanted: (operation: Operation) => boolean = () => true): Operation[] {
    const waiting = [...this.#parked].filter((operation) => operation.state.kind === 'waiting')
    this.#parked.clear()
    for (const operation of waiting) if (!wanted(operation)) this.#parked.push(operation)
    return waiting.filter(wanted)
  }
}
