import { ConfigError } from '../core/errors.js'
import type { Fault } from '../core/settings.js'
import type { HealthStatus } from '../core/status.js'
import type { IntegrationChild, IntegrationStatus } from './integration-child.js'

/** How an integration stands, and how often it was restarted. */
export interface ConnectionInfo extends IntegrationStatus {
  readonly restarts: number
}

/**
 * The connections of a gateway (specification: ConnectionManager). Looking costs no message; what asks the
 * actor settles whatever becomes of it. May be called concurrently.
 */
export class ConnectionManager {
  readonly #children: ReadonlyMap<string, IntegrationChild>
  readonly #restarts: (name: string) => number

  /** @internal */
  constructor(children: ReadonlyMap<string, IntegrationChild>, restarts: (name: string) => number) {
    this.#children = children
    this.#restarts = restarts
  }

  /** @throws ConfigError when there is no integration of that name */
  status(name: string): ConnectionInfo {
    return { ...this.#child(name).status, restarts: this.#restarts(name) }
  }

  /** Probes all integrations, or one. Never rejects for want of health. */
  async healthCheck(): Promise<Record<string, HealthStatus>> {
    const names = [...this.#children.keys()]
    const statuses = await Promise.all(names.map((name) => this.#child(name).health()))
    return Object.fromEntries(names.map((name, i) => [name, statuses[i]!]))
  }

  /**
   * Drops the connection and makes a new one.
   * @throws ConnectionError when the first attempt fails; further ones follow as configured
   */
  async reconnect(name: string): Promise<void> {
    await this.#child(name).reconnect()
  }

  /** Inflicts a fault upon the actor of an integration, to try out how your application takes it. */
  async inject(name: string, fault: Fault): Promise<void> {
    await this.#child(name).inject(fault)
  }

  #child(name: string): IntegrationChild {
    const child = this.#children.get(name)
    if (child !== undefined) return child
    throw new ConfigError(
      `there is no integration ${JSON.stringify(name)}; there are ${[...this.#children.keys()].join(', ') || 'none'}`,
    )
  }
}
