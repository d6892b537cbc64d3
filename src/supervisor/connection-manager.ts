import { onAbort } from '../core/abort.js'
import { checkArgument, checkOptions, DURATION, oneOf, SIGNAL, unknownName } from '../core/arguments.js'
import type { Clock } from '../core/clock.js'
import { type Duration, toMilliseconds } from '../core/duration.js'
import { CancelledError, TimeoutError } from '../core/errors.js'
import { INSPECT, shownAs } from '../core/inspect.js'
import { FAULTS, type Fault } from '../core/settings.js'
import type { HealthStatus } from '../core/status.js'
import type { IntegrationChild, IntegrationStatus } from './integration-child.js'

/** How an integration stands, and how often it was restarted (specification: ManagedConnection). */
export interface ConnectionInfo extends IntegrationStatus {
  readonly restarts: number
}

/** What the manager works with. */
export interface ConnectionDependencies {
  readonly clock: Clock
  restarts(name: string): number
  /** Ends all connections, as the gateway does. */
  shutdown(options?: { readonly timeout?: Duration }): Promise<void>
}

const GET_OPTIONS = { timeout: DURATION, signal: SIGNAL } as const
const FAULT = oneOf(...FAULTS)

/**
 * The connections of a gateway (specification: ConnectionManager). Looking costs no message; what asks the
 * actor settles whatever becomes of it. May be called concurrently; after a shutdown what waits or asks for a
 * connection rejects with ShutdownError.
 */
export class ConnectionManager {
  readonly #children: ReadonlyMap<string, IntegrationChild>
  readonly #dependencies: ConnectionDependencies
  /** Those who wait for a connection, and look again whenever something has changed. */
  readonly #waiting = new Set<() => void>()

  /** @internal */
  constructor(children: ReadonlyMap<string, IntegrationChild>, dependencies: ConnectionDependencies) {
    this.#children = children
    this.#dependencies = dependencies
  }

  /** @throws ConfigError when there is no integration of that name */
  status(name: string): ConnectionInfo {
    return { ...this.#child('status', name).status, restarts: this.#dependencies.restarts(name) }
  }

  /**
   * Resolves when the connection stands, with its status; one that has failed for good is made anew.
   * @param options.timeout the time-out of the integration when absent
   * @throws ConnectionError or AuthError when it had failed and does so again, TimeoutError, CancelledError,
   *   ActorCrashedError when its actor has been given up
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
      const timer = this.#dependencies.clock.setTimer(ms, () =>
        fail(new TimeoutError('connect', { integration })),
      )
      this.#waiting.add(look)
      const forget = signal && onAbort(signal, cancel)
      if (signal?.aborted) return cancel()
      if (child.status.state === 'failed' && child.ended === undefined) child.reconnect().then(look, fail)
      else look()
    })
  }

  /** Probes all integrations. Never rejects for want of health. */
  async healthCheck(): Promise<Record<string, HealthStatus>> {
    const names = [...this.#children.keys()]
    const statuses = await Promise.all(names.map((name) => this.#child('healthCheck', name).health()))
    return Object.fromEntries(names.map((name, i) => [name, statuses[i]!]))
  }

  /**
   * Drops the connection and makes a new one.
   * @throws ConnectionError when the first attempt fails; further ones follow as configured
   */
  async reconnect(name: string): Promise<void> {
    await this.#child('reconnect', name).reconnect()
  }

  /** Ends all connections: the same as the gateway's own `shutdown`. */
  shutdown(options?: { readonly timeout?: Duration }): Promise<void> {
    return this.#dependencies.shutdown(options)
  }

  /** Inflicts a fault upon the actor of an integration, to try out how your application takes it. */
  async inject(name: string, fault: Fault): Promise<void> {
    checkArgument('inject', 'fault', fault, FAULT)
    await this.#child('inject', name).inject(fault)
  }

  /** Something has changed. @internal */
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
