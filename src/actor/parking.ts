import { Deque } from '../core/deque.js'
import { ConnectionError } from '../core/errors.js'
import type { IntegrationSettings } from '../core/settings.js'
import type { Connection } from './connection.js'
import { mustGoAlone } from './failure-policy.js'
import type { Operation } from './operation.js'
import { isSource } from './verbs.js'

/** Begins with an operation, and calls `attempted` when its attempt has ended or none was made. */
type Begin = (operation: Operation, attempted?: () => void) => void

/** Where operations wait for the connection, in their order. */
export class Parking {
  readonly #connection: Connection
  readonly #settings: IntegrationSettings
  readonly #begin: Begin
  readonly #parked = new Deque<Operation>()
  /** Whether there is a connection and its subscriptions have been restored. */
  #ready = false
  #connections = 0
  /** The suspect that is tried before all others. */
  #alone: Operation | undefined

  constructor(connection: Connection, settings: IntegrationSettings, begin: Begin) {
    this.#connection = connection
    this.#settings = settings
    this.#begin = begin
  }

  /** Whether an attempt may be made now. */
  mayGo(operation: Operation): boolean {
    return (
      this.#ready ||
      (this.#connection.isConnected && (isSource(operation.request.verb) || operation === this.#alone))
    )
  }

  /** Why an operation may not wait for the connection; undefined when it may. */
  refusal(): Error | undefined {
    if (this.#connection.hopeless !== undefined) return this.#connection.hopeless
    if (this.#settings.reconnect.offline !== 'fail' || this.#connection.status.state !== 'reconnecting')
      return undefined
    return new ConnectionError('the connection is down', {
      integration: this.#settings.name,
      notExecuted: true,
      cause: this.#connection.lastError,
    })
  }

  /** It waits from now on. */
  park(operation: Operation): void {
    operation.state = { kind: 'waiting' }
    this.#parked.push(operation)
  }

  /**
   * There is a connection: what waited for it goes on, in order. Subscriptions come first, so that a message
   * published after a subscription was accepted is not missed by it.
   * @param restored settles when the subscriptions of earlier connections have been asked for.
   */
  connected(restored: Promise<unknown>): void {
    const connection = ++this.#connections
    const isCurrent = () => connection === this.#connections && this.#connection.isConnected
    const opening = this.release((operation) => isSource(operation.request.verb)).map(
      (operation) => new Promise<void>((resolve) => this.#begin(operation, resolve)),
    )
    Promise.all([restored, ...opening]).then(async () => {
      if (isCurrent()) await this.#beginSuspects(isCurrent)
      if (!isCurrent()) return
      this.#ready = true
      for (const operation of this.release()) this.#begin(operation)
    })
  }

  /** The connection changed meanwhile, and may have released what waited already: these must not be left behind. */
  #beginAgain(operations: readonly Operation[]): void {
    for (const operation of operations) if (operation.state.kind === 'waiting') this.#begin(operation)
  }

  /** One at a time: when the connection ends again, it is clear which of them was in flight. */
  async #beginSuspects(isCurrent: () => boolean): Promise<void> {
    const suspects = this.release(mustGoAlone)
    for (let i = 0; i < suspects.length; i++) {
      if (!isCurrent()) return this.#beginAgain(suspects.slice(i))
      this.#alone = suspects[i]
      await new Promise<void>((resolve) => this.#begin(suspects[i]!, resolve))
      this.#alone = undefined
    }
  }

  /** The connection is gone: what comes now waits. */
  disconnected(): void {
    this.#ready = false
  }

  /** Takes out those that `wanted` holds for and that still wait. */
  release(wanted: (operation: Operation) => boolean = () => true): Operation[] {
    const waiting = [...this.#parked].filter((operation) => operation.state.kind === 'waiting')
    this.#parked.clear()
    for (const operation of waiting) if (!wanted(operation)) this.#parked.push(operation)
    return waiting.filter(wanted)
  }
}
