import { sharedController } from '../core/abort.js'
import type { ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import { type Clock, sleep, type Timer } from '../core/clock.js'
import { ConnectionError } from '../core/errors/connection.js'
import type { Random } from '../core/random.js'
import type { ReconnectSettings } from '../core/settings/connection.js'
import type { ConnectionStatus } from '../core/status.js'
import { backoffDelay } from '../resilience/backoff.js'
import { asIntegrationError } from '../resilience/classify.js'
import { withDeadline } from '../resilience/deadline.js'
import { connectionFailureOf } from './adapter-failure.js'
import { quietly } from './quietly.js'

type State =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'connecting'; readonly attempt: number; readonly abort: AbortController }
  | { readonly kind: 'connected'; readonly since: number }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly timer: Timer; readonly lastError: Error }
  | { readonly kind: 'failed'; readonly error: Error }
  | { readonly kind: 'stopped' }

/**
 * A connection that lasted this long, and twice the delay before it, resets the back-off. Two clients that take over
 * each other's session under one client id never reach that, so they slow down.
 */
const STABLE_MS = 1_000
const RECONNECT_JITTER = 0.2
const RECONNECT_FACTOR = 2

export interface ConnectionEvents {
  /** The status has changed, or a further attempt has failed. */
  changed(status: ConnectionStatus, error: Error | undefined): void
  /** A connection has been made. */
  connected(): void
  /** An attempt failed, or the connection will not be made again automatically. */
  failing(error: Error): void
}

/**
 * Owns the connection of one integration: connects, waits and reconnects. The adapter only makes single attempts and
 * reports losses.
 */
export class Connection {
  readonly #adapter: ProtocolAdapter
  readonly #clock: Clock
  readonly #random: Random
  readonly #settings: ReconnectSettings
  readonly #timeoutMs: number
  readonly #events: ConnectionEvents
  #state: State = { kind: 'disconnected' }
  #lastError: Error | undefined
  /** Failed attempts and losses since the last stable connection; the delay grows with them. */
  #failures = 0
  #lastDelayMs = 0
  #connects = 0

  constructor(
    adapter: ProtocolAdapter,
    clock: Clock,
    random: Random,
    settings: ReconnectSettings,
    timeoutMs: number,
    events: ConnectionEvents,
  ) {
    this.#adapter = adapter
    this.#clock = clock
    this.#random = random
    this.#settings = settings
    this.#timeoutMs = timeoutMs
    this.#events = events
  }

  get isConnected(): boolean {
    return this.#state.kind === 'connected'
  }

  /** Why waiting for the connection is useless; `undefined` if a retry may succeed. */
  get waitFault(): Error | undefined {
    switch (this.#state.kind) {
      case 'failed':
        return this.#state.error
      case 'stopped':
        return new ConnectionError('the integration is stopped')
      case 'waiting':
        return isPermanent(this.#state.lastError) ? this.#state.lastError : undefined
      default:
        return undefined
    }
  }

  get status(): ConnectionStatus {
    return statusOf(this.#state)
  }

  /** How many connections have been made. */
  get connects(): number {
    return this.#connects
  }

  /** Why the last attempt failed or the last connection was lost; `undefined` once connected. */
  get lastError(): Error | undefined {
    return this.#lastError
  }

  /** Starts to connect. Idempotent. */
  start(): void {
    if (this.#state.kind === 'disconnected') this.#attempt(0).catch(() => {})
  }

  /** Handles the loss of the connection: reconnects as configured. */
  lost(reason: ConnectionError): void {
    if (this.#state.kind !== 'connected') return
    const error = connectionFailureOf(reason)
    const lasted = this.#clock.monotonic() - this.#state.since
    if (lasted >= STABLE_MS && lasted >= 2 * this.#lastDelayMs) this.#failures = 0
    if (!this.#settings.enabled) return this.#fail(error)
    this.#retry(1, error)
  }

  /**
   * Closes the connection in any state and makes a new one. Resolves when the new one is made.
   * @throws the error of the first attempt; further attempts follow as configured
   */
  async restart(): Promise<void> {
    if (this.#state.kind === 'stopped') throw new ConnectionError('the integration is stopped')
    this.#leave()
    this.#become({ kind: 'disconnected' })
    // An adapter whose `disconnect` fails or never settles must not prevent the new connection.
    await Promise.race([quietly(() => this.#adapter.disconnect()), sleep(this.#clock, this.#timeoutMs)])
    if ((this.#state as State).kind === 'disconnected') await this.#attempt(0)
  }

  /**
   * Ends the connection permanently. Idempotent.
   * @param endsSessions whether to end the sessions that the broker keeps
   */
  async stop(endsSessions = false): Promise<void> {
    if (this.#state.kind === 'stopped') return
    this.#leave()
    this.#become({ kind: 'stopped' })
    await this.#adapter.disconnect(endsSessions)
  }

  #attempt(attempt: number): Promise<void> {
    const abort = sharedController()
    this.#become({ kind: 'connecting', attempt, abort })
    const made = withDeadline((context) => this.#adapter.connect(context.signal), {
      clock: this.#clock,
      deadline: this.#clock.monotonic() + this.#timeoutMs,
      operation: 'connect',
      signal: abort.signal,
    })
    made.then(
      () => {
        if (abort.signal.aborted) return
        this.#lastError = undefined
        this.#connects++
        this.#become({ kind: 'connected', since: this.#clock.monotonic() })
        this.#events.connected()
      },
      (thrown: unknown) => {
        if (abort.signal.aborted) return
        const error = connectionFailureOf(thrown)
        this.#events.failing(error)
        if (!this.#settings.enabled) this.#fail(error)
        else this.#retry(attempt + 1, error)
      },
    )
    return made
  }

  #retry(attempt: number, error: Error): void {
    const { maxAttempts, delayMs, maxDelayMs } = this.#settings
    if (maxAttempts >= 0 && attempt > maxAttempts) return this.#fail(error)
    const backoff = {
      kind: 'exponential',
      initialMs: delayMs,
      factor: RECONNECT_FACTOR,
      maxMs: maxDelayMs,
    } as const
    this.#lastDelayMs = backoffDelay(backoff, RECONNECT_JITTER, ++this.#failures, this.#random.number)
    const timer = this.#clock.setTimer(this.#lastDelayMs, () => {
      this.#attempt(attempt).catch(() => {})
    })
    this.#become({ kind: 'waiting', attempt, timer, lastError: error }, error)
    if (isPermanent(error)) this.#events.failing(error)
  }

  #fail(error: Error): void {
    this.#become({ kind: 'failed', error }, error)
    this.#events.failing(error)
  }

  #leave(): void {
    if (this.#state.kind === 'connecting')
      this.#state.abort.abort(new ConnectionError('the attempt to connect was cancelled'))
    if (this.#state.kind === 'waiting') this.#state.timer.cancel()
  }

  #become(state: State, error?: Error): void {
    const before = this.status
    this.#state = state
    if (error !== undefined) this.#lastError = error
    const after = this.status
    if (before.state !== after.state || state.kind === 'waiting') this.#events.changed(after, error)
  }
}

/** Whether a retry is useless, as with wrong credentials, a wrong certificate or a refused client id. */
function isPermanent(error: Error): boolean {
  return asIntegrationError(error)?.retryable === false
}

function statusOf(state: State): ConnectionStatus {
  switch (state.kind) {
    case 'disconnected':
    case 'stopped':
      return { state: 'disconnected' }
    case 'connecting':
      return state.attempt === 0 ? { state: 'connecting' } : { state: 'reconnecting', attempt: state.attempt }
    case 'connected':
      return { state: 'connected' }
    case 'waiting':
      return { state: 'reconnecting', attempt: state.attempt }
    case 'failed':
      return { state: 'failed', reason: state.error.message }
  }
}
