import type { MessagePort } from 'node:worker_threads'
import type { Value } from '../core/value.js'
import type { BrokerControl } from '../mailbox/thread-messages.js'
import type { Child } from './child.js'
import { type ChildSpec, graceOf } from './child-spec.js'
import { Life, type LifeDependencies } from './life.js'
import type { ThreadPool } from './thread-pool.js'

/** The configuration of an embedded broker. */
export interface BrokerPlan {
  readonly name: string
  readonly type: string
  readonly worker: URL
  readonly listen: { readonly [key: string]: Value }
  readonly heartbeatMs: number
  readonly memory: number
}

export interface BrokerDependencies extends LifeDependencies {
  readonly pool: ThreadPool
}

/** An embedded broker as a child of its supervisor. */
export class BrokerChild implements Child {
  spec: ChildSpec
  plan: BrokerPlan
  onDeath: ((reason: string) => void) | undefined
  readonly #dependencies: BrokerDependencies
  #life: Life<BrokerControl> | undefined
  #address: { readonly address?: string; readonly port?: number } = {}

  constructor(spec: ChildSpec, plan: BrokerPlan, dependencies: BrokerDependencies) {
    this.spec = spec
    this.plan = plan
    this.#dependencies = dependencies
  }

  /** Takes new settings for the next start. */
  configure(spec: ChildSpec, plan: BrokerPlan): void {
    this.spec = spec
    this.plan = plan
  }

  get isRunning(): boolean {
    return this.#life?.isRunning === true
  }

  get threadId(): number | undefined {
    return this.#life?.threadId
  }

  get memoryBytes(): number {
    return this.#life?.gauges.heapBytes ?? 0
  }

  /** Where the broker listens; empty if it can only be reached inside the process. */
  get address(): { readonly address?: string; readonly port?: number } {
    return this.#address
  }

  async start(): Promise<void> {
    const { name, worker, listen, heartbeatMs, memory } = this.plan
    const life = new Life<BrokerControl>(
      name,
      this.#dependencies.pool.take(worker),
      this.#dependencies,
      { heartbeatMs, memory },
      {
        // Only actors dial; a broker is dialled.
        dial: (_peer, port) => port.close(),
        died: (reason) => {
          if (this.#life !== life) return
          this.#life = undefined
          this.onDeath?.(reason)
        },
      },
    )
    this.#life = life
    try {
      await life.start(
        (control, gauges) => ({ kind: 'start-broker', name, listen, heartbeatMs, memory, control, gauges }),
        [],
      )
      this.#address = await life.control.address()
    } catch (error) {
      if (this.#life === life) this.#life = undefined
      throw error
    }
  }

  async stop(withinMs = Number.POSITIVE_INFINITY): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    const graceMs = Math.min(graceOf(this.spec.shutdown), withinMs)
    await life.stop(graceMs, (control) => control.stop(graceMs))
    if (this.#life === life) this.#life = undefined
  }

  fail(): void {
    this.#life?.kill()
    this.#life = undefined
  }

  /**
   * Gives the broker one end of a channel. Closes it if the broker is not running, so that the dialling actor notices.
   */
  attach(port: MessagePort): void {
    if (this.#life === undefined) port.close()
    else this.#life.attach(port)
  }
}
