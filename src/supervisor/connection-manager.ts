import { onAbort } from '../core/abort.js'
import { checkArgument, checkOptions, DURATION, oneOf, SIGNAL, unknownName } from '../core/arguments.js'
import type { Clock } from '../core/clock.js'
import { type Duration, toMilliseconds } from '../core/duration.js'
import { CancelledError, TimeoutError } from '../core/errors/operation.js'
import { INSPECT, shownAs } from '../core/inspect.js'
import { FAULTS, type Fault } from '../core/settings/chaos.js'
import type { HealthStatus, IntegrationStatus } from '../core/status.js'
import type { IntegrationChild } from './integration-child.js'

/** The status of an integration, and how often its actor was restarted. */
export interface ConnectionInfo extends IntegrationStatus {
  /** Restarts of its actor. */
  readonly restarts: number
}

export interface ConnectionDependencies {
  readonly clock: Clock
  restarts(name: string): number
  /** Shuts the gateway down. */
  shutdown(options?: { readonly timeout?: Duration }): Promise<void>
}

const GET_OPTIONS = { timeout: DURATION, signal: SIGNAL } as const
const FAULT = oneOf(...FAULTS)

/**
 * The connections of a gateway. Reading a status costs no message, and every promise settles, even if the actor dies.
 *
 * All methods may be called concurrently. After a shutdown `get`, `reconnect` and `inject` reject with ShutdownError.
 */
export class ConnectionManager {
  readonly #children: ReadonlyMap<string, IntegrationChild>
  readonly #dependencies: ConnectionDependencies
  /** The callers that wait for a connection. Each checks again whenever a state has changed. */
  readonly #waiting = new Set<() => void>()

  /** @internal */
  constructor(children: ReadonlyMap<string, IntegrationChild>, dependencies: ConnectionDependencies) {
    this.#children = children
    this.#dependencies = dependencies
  }

  /**
   * Returns the status of an integration; costs no message.
   * @param name the label of its block
   * @returns its status at this moment
   * @throws ConfigError if there is no integration of that name
   */
  status(name: string): ConnectionInfo {
    return { ...this.#child('status', name).status, restarts: this.#dependencies.restarts(name) }
  }

  /**
   * Waits until an integration is connected. Reconnects a connection whose state is `failed`.
   * @param name the label of its block
   * @param options.timeout milliseconds or text such as `"2s"`; default: the time-out of the integration
   * @param options.signal cancels the wait
   * @returns the status of the connection
   * @throws ConfigError for an unknown name or option; ConnectionError or AuthError if a `failed` connection
   *   cannot be restored; TimeoutError, CancelledError; ActorCrashedError if the actor will not be restarted; ShutdownError
   */
  get(
    name: string,
    options: { readonly timeout?: Duration; readonly signal?: AbortSignal } = {},
  ): Promise<ConnectionInfo> {
    const refused = this.#refusal(name, options)
    if (refused !== undefined) return Promise.reject(refused)
    const { signal, timeout } = options
    const child = this.#child('get', name)
    const integration = name
    const ms = timeout === undefined ? child.settings.timeoutMs : toMilliseconds(timeout, 'timeout')
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        timer.cancel()
        forget?.()
        this.#waiting.delete(look)
        settle()
      }
      const fail = (error: Error) => end(() => reject(error))
      const look = () => {
        if (child.ended !== undefined) fail(child.ended)
        else if (child.status.state === 'connected') end(() => resolve(this.status(name)))
      }
      const cancel = () => fail(new CancelledError({ integration, cause: signal?.reason }))
      const timeOut = () => {
        const { lastError } = child
        const why = lastError !== undefined && { notConnected: lastError.message }
        fail(new TimeoutError('connect', { integration, afterMs: ms, ...why }))
      }
      const timer = this.#dependencies.clock.setTimer(ms, timeOut)
      this.#waiting.add(look)
      const forget = signal && onAbort(signal, cancel)
      if (signal?.aborted) return cancel()
      if (child.status.state === 'failed' && child.ended === undefined) child.reconnect().then(look, fail)
      else look()
    })
  }

  /**
   * Checks the health of all integrations. Never rejects.
   * @returns a result for each name; an unhealthy integration is not an error
   */
  async healthCheck(): Promise<Record<string, HealthStatus>> {
    const names = [...this.#children.keys()]
    const statuses = await Promise.all(names.map((name) => this.#child('healthCheck', name).health()))
    return Object.fromEntries(names.map((name, i) => [name, statuses[i]!]))
  }

  /**
   * Closes the connection of an integration and makes a new one. Resolves when it is made.
   * @param name the label of its block
   * @throws ConfigError for an unknown name; ConnectionError if the first attempt fails, after which further attempts
   *   follow as configured; ActorCrashedError while the actor is not running; ShutdownError
   */
  async reconnect(name: string): Promise<void> {
    await this.#child('reconnect', name).reconnect()
  }

  /**
   * Shuts the gateway down; the same as `shutdown` of the gateway. Resolves when everything has stopped.
   * @param options.timeout milliseconds or text such as `"10s"`, for all of it together
   * @throws ConfigError for options that are not what they should be, and nothing else
   */
  shutdown(options?: { readonly timeout?: Duration }): Promise<void> {
    return this.#dependencies.shutdown(options)
  }

  /**
   * Causes a fault in the actor of an integration, to test how the application handles a crash. Resolves when the
   * actor has received it.
   * @param name the label of its block
   * @throws ConfigError for an unknown name or fault; ActorCrashedError while the actor is not running; ShutdownError
   */
  async inject(name: string, fault: Fault): Promise<void> {
    checkArgument('inject', 'fault', fault, FAULT)
    await this.#child('inject', name).inject(fault)
  }

  /** Called when the state of a connection or actor has changed. @internal */
  changed(): void {
    for (const look of [...this.#waiting]) look()
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    const states = [...this.#children].map(([name, child]) => [name, child.status.state])
    return shownAs('ConnectionManager', Object.fromEntries(states))
  }

  #refusal(name: string, options: unknown): unknown {
    try {
      this.#child('get', name)
      checkOptions('get', options, GET_OPTIONS, { integration: name })
      return undefined
    } catch (error) {
      return error
    }
  }

  #child(method: string, name: string): IntegrationChild {
    const child = this.#children.get(name)
    if (child !== undefined) return child
    throw unknownName(method, 'integration', name, this.#children.keys())
  }
}
