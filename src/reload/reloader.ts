import type { GatewayConfig } from '../config/gateway-config.js'
import type { Clock } from '../core/clock.js'
import { ConfigError } from '../core/errors/config.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { GatewayReport } from '../core/events.js'
import type { Plan, ReloadFigures } from '../core/reload-plan.js'
import { isEmpty, planReload } from './plan.js'
import { notReady, reasonOf } from './refusal.js'

export interface ReloaderDependencies {
  readonly clock: Clock
  report(report: GatewayReport): void
  /** Why a plan cannot be carried out; `undefined` if it can be tried. */
  refusal(config: GatewayConfig, plan: Plan): string | undefined
  /** Changes the gateway by a plan, or not at all. @throws why it cannot */
  apply(config: GatewayConfig, plan: Plan): Promise<void>
}

/** Reads the configuration to reload. @throws ConfigError */
type Read = () => Promise<GatewayConfig>

/** @throws ConfigError */
type Check = (before: GatewayConfig, after: GatewayConfig) => void

interface Waiting {
  read: Read
  readonly done: Promise<Plan>
  readonly begin: () => void
}

/**
 * Reloads one at a time. Of those that wait only the newest is done, and earlier ones settle with it. A refused reload
 * changes nothing.
 */
export class Reloader {
  readonly #parts: ReloaderDependencies
  #config: GatewayConfig
  #running: Promise<unknown> | undefined
  #waiting: Waiting | undefined
  #isStopped = false
  #applied = 0
  #unchanged = 0
  #refused = 0
  #lastSucceeded = true

  constructor(config: GatewayConfig, parts: ReloaderDependencies) {
    this.#config = config
    this.#parts = parts
  }

  /** The configuration that runs. */
  get config(): GatewayConfig {
    return this.#config
  }

  get figures(): ReloadFigures {
    return {
      applied: this.#applied,
      unchanged: this.#unchanged,
      refused: this.#refused,
      lastSucceeded: this.#lastSucceeded,
    }
  }

  /** Refuses later reloads, because the gateway shuts down. */
  stop(): void {
    this.#isStopped = true
  }

  /**
   * Reads a configuration, and changes the gateway to it.
   * @returns what has been done
   * @throws ConfigError if the configuration is wrong or an actor is not ready; then nothing has changed; ShutdownError
   */
  async reload(read: Read): Promise<Plan> {
    if (this.#isStopped) throw new ShutdownError()
    if (this.#running !== undefined) return this.#wait(read)
    const done = this.#run(read)
    this.#running = done.then(
      () => this.#next(),
      () => this.#next(),
    )
    return done
  }

  /**
   * Like `reload`, but never settles with another reload that waits.
   * @param check throws if the reload must not change one configuration to the other
   */
  async reloadAlone(read: Read, check: Check): Promise<Plan> {
    while (this.#running !== undefined) await this.#running
    return this.reload(async () => {
      const config = await read()
      check(this.#config, config)
      return config
    })
  }

  #wait(read: Read): Promise<Plan> {
    if (this.#waiting === undefined) {
      let begin = () => {}
      const turn = new Promise<void>((resolve) => {
        begin = resolve
      })
      const waiting: Waiting = { read, begin, done: turn.then(() => this.reload(() => waiting.read())) }
      this.#waiting = waiting
    }
    this.#waiting.read = read
    return this.#waiting.done
  }

  #next(): void {
    this.#running = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.begin()
  }

  async #run(read: Read): Promise<Plan> {
    const { clock, report, refusal, apply } = this.#parts
    const began = clock.monotonic()
    const ended = () => Math.round(clock.monotonic() - began)
    try {
      const config = await read()
      const plan = planReload(this.#config, config)
      const refused = refusal(config, plan)
      if (refused !== undefined) throw new ConfigError(refused)
      const changed = plan.filter(({ action }) => action !== 'unchanged').length
      if (!isEmpty(plan)) await apply(config, plan)
      this.#config = config
      this.#lastSucceeded = true
      if (changed > 0) this.#applied++
      else this.#unchanged++
      const result = changed > 0 ? 'applied' : 'unchanged'
      report({ kind: 'config:reloaded', result, changed, tookMs: ended() })
      return plan
    } catch (error) {
      if (this.#isStopped) throw new ShutdownError({ cause: error })
      this.#refused++
      this.#lastSucceeded = false
      report({
        kind: 'config:reloaded',
        result: 'refused',
        changed: 0,
        tookMs: ended(),
        reason: reasonOf(error),
      })
      throw error instanceof ConfigError ? error : notReady(error)
    }
  }
}
