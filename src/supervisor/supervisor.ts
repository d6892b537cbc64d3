import type { Clock, Timer } from '../core/clock.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { GatewayReport } from '../core/events.js'
import { type Random, systemRandom } from '../core/random.js'
import type { Backoff } from '../core/settings/retry.js'
import { backoffDelay } from '../resilience/backoff.js'
import type { Child } from './child.js'
import type { SupervisorFlags } from './child-spec.js'
import { type Managed, newManaged } from './managed.js'
import { decideOnExit } from './restart-decision.js'
import { NO_RESTARTS, type RestartWindow } from './restart-window.js'

export interface SupervisorOptions extends SupervisorFlags {
  /** The delay before the second restart in a row and later ones; the first is immediate. */
  readonly backoff: Backoff
  /** 0 to 1: the share of each delay that is random. */
  readonly jitter: number
}

type State = 'idle' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed'

/** A child that has run this long has recovered: its next crash is restarted without a delay. */
const STABLE_MS = 10_000

/**
 * Supervises a group of children as OTP does, with a back-off between restarts, which OTP lacks. Starts them in order,
 * restarts them by strategy within an intensity, stops them in reverse order, and fails when the intensity is exceeded.
 * Runs one step at a time, in the order of the calls.
 */
export class Supervisor {
  #options: SupervisorOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #report: (report: GatewayReport) => void
  #children: Managed[]
  #window: RestartWindow = NO_RESTARTS
  #state: State = 'idle'
  #queue: Promise<void> = Promise.resolve()
  readonly #delays = new Set<Timer>()
  /** The child that is starting. */
  #starting: Child | undefined

  constructor(
    options: SupervisorOptions,
    children: readonly Child[],
    clock: Clock,
    report: (report: GatewayReport) => void,
    random: Random = systemRandom,
  ) {
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#report = report
    this.#children = children.map(newManaged)
    for (const managed of this.#children) this.#watch(managed)
  }

  get children(): readonly Child[] {
    return this.#children.map(({ child }) => child)
  }

  /** Number of restarts of a child since the supervisor started. */
  restarts(id: string): number {
    return this.#managed(id)?.restarts ?? 0
  }

  /**
   * Starts all children in order.
   * @throws the error of the first child that fails; the children started before it have been stopped
   */
  start(): Promise<void> {
    this.#state = 'starting'
    // Queued, so that the death of a child during the start is handled afterwards.
    const started = this.#queue.then(() => this.#startAll())
    this.#queue = started.catch(() => {})
    return started
  }

  /**
   * Stops all children concurrently, the last one first, and restarts none. OTP stops one after the other, whose times
   * would add up. Never rejects; idempotent.
   */
  stop(withinMs?: number): Promise<void> {
    if (this.#state !== 'stopped') this.#state = 'stopping'
    for (const delay of this.#delays) delay.cancel()
    this.#delays.clear()
    // Interrupt a start in progress, which may take long.
    this.#starting?.stop()
    return this.#enqueue(async () => {
      await Promise.all([...this.#children].reverse().map((managed) => this.#stopChild(managed, withinMs)))
      this.#state = 'stopped'
    })
  }

  /**
   * Delays the handling of deaths while children are being changed, so that no child is restarted meanwhile.
   * @returns a function that ends the delay, once earlier steps are over
   */
  async pause(): Promise<() => void> {
    let resume = () => {}
    const changed = new Promise<void>((resolve) => {
      resume = resolve
    })
    const earlier = this.#queue
    this.#enqueue(() => changed)
    await earlier
    return resume
  }

  /** Called when a child has got a new life without a death. Deaths of its earlier lives no longer count. */
  replaced(child: Child): void {
    let managed = this.#children.find((each) => each.child === child)
    if (managed === undefined) {
      // It had failed permanently, and was forgotten.
      managed = newManaged(child)
      this.#enter(managed)
    }
    if (this.#state === 'failed') {
      this.#state = 'running'
      this.#window = NO_RESTARTS
    }
    managed.life++
    managed.running = true
    managed.startedAt = this.#clock.monotonic()
    managed.streak = 0
  }

  configure(options: SupervisorOptions): void {
    this.#options = options
  }

  /** Supervises a child of another supervisor. */
  take(managed: Managed): void {
    this.#enter(managed)
    // The other supervisor no longer restarts it.
    if (!managed.running) this.#died(managed, 'it was not running when its group changed')
  }

  /** No longer supervises a child, which goes on. */
  release(child: Child): Managed | undefined {
    const managed = this.#children.find((each) => each.child === child)
    this.#children = this.#children.filter((each) => each !== managed)
    return managed
  }

  /** Sets the order in which a strategy restarts the children. */
  order(children: readonly Child[]): void {
    this.#children = [...this.#children].sort((a, b) => children.indexOf(a.child) - children.indexOf(b.child))
  }

  #enter(managed: Managed): void {
    this.#children = [...this.#children, managed]
    this.#watch(managed)
    if (this.#state === 'idle') this.#state = 'running'
  }

  #watch(managed: Managed): void {
    managed.child.onDeath = (reason) => this.#died(managed, reason)
  }

  async #startAll(): Promise<void> {
    for (const managed of this.#children) {
      const { id } = managed.child.spec
      try {
        if (this.#state !== 'starting') throw new ShutdownError({ integration: id })
        await this.#startChild(managed)
      } catch (error) {
        this.#startFailed(id, (error as Error).message)
        for (const earlier of [...this.#children].reverse())
          if (earlier.running) await this.#stopChild(earlier)
        this.#state = 'stopped'
        throw error
      }
      this.#report({ kind: 'actor:started', integration: id })
    }
    if (this.#state === 'starting') this.#state = 'running'
  }

  #died(managed: Managed, reason: string): void {
    const { life } = managed
    managed.running = false
    this.#enqueue(async () => {
      // The group may have restarted the child meanwhile; its new life has not died.
      if (managed.life === life) await this.#decide(managed, reason)
    })
  }

  /** Runs steps in order. The failure of one step does not prevent the next. */
  #enqueue(step: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(step).catch(() => {})
    return this.#queue
  }

  async #decide(managed: Managed, reason: string): Promise<void> {
    const { id } = managed.child.spec
    if (this.#state !== 'running' || !this.#children.includes(managed)) return
    const now = this.#clock.monotonic()
    const specs = this.#children.map(({ child }) => child.spec)
    const decision = decideOnExit(this.#options, specs, id, 'abnormal', this.#window, now)
    switch (decision.kind) {
      case 'remove':
        this.#report({ kind: 'actor:failed', integration: id, reason })
        managed.child.fail(reason)
        this.#forget(decision.forget)
        return
      case 'escalate':
        this.#window = decision.window
        return this.#giveUp(managed, reason)
      case 'restart': {
        this.#window = decision.window
        for (const sibling of decision.affected.stop) await this.#stopChild(this.#managed(sibling))
        this.#forget(decision.forget)
        managed.streak = now - managed.startedAt >= STABLE_MS ? 1 : managed.streak + 1
        const restartInMs = this.#delay(managed.streak)
        this.#report({ kind: 'actor:crashed', integration: id, reason, restartInMs })
        if (restartInMs === 0) return this.#restart(decision.affected.start)
        const delay = this.#clock.setTimer(restartInMs, () => {
          this.#delays.delete(delay)
          this.#enqueue(() => this.#restart(decision.affected.start))
        })
        this.#delays.add(delay)
      }
    }
  }

  #delay(streak: number): number {
    return streak <= 1
      ? 0
      : backoffDelay(this.#options.backoff, this.#options.jitter, streak - 1, this.#random.number)
  }

  async #restart(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const managed = this.#managed(id)
      if (this.#state !== 'running') return
      // Another restart of the group may have started it already.
      if (managed === undefined || managed.running) continue
      try {
        await this.#startChild(managed)
      } catch (error) {
        const reason = (error as Error).message
        this.#startFailed(id, reason)
        // Queued and not repeated here, so that a request to stop can come in between.
        return this.#died(managed, reason)
      }
      managed.restarts++
      this.#report({ kind: 'actor:restarted', integration: id, restarts: managed.restarts })
    }
  }

  async #giveUp(managed: Managed, reason: string): Promise<void> {
    this.#state = 'failed'
    for (const delay of this.#delays) delay.cancel()
    this.#delays.clear()
    const { id } = managed.child.spec
    const { intensity, periodMs } = this.#options
    const spent = `max_restarts (${intensity}) exceeded within ${periodMs / 1_000} s; last reason: ${reason}`
    for (const other of [...this.#children].reverse()) {
      if (other !== managed) await this.#stopChild(other)
      const why = other === managed ? spent : `its group failed with "${id}": ${spent}`
      other.child.fail(why)
      this.#report({ kind: 'actor:failed', integration: other.child.spec.id, reason: why })
    }
  }

  async #startChild(managed: Managed): Promise<void> {
    managed.life++
    this.#starting = managed.child
    try {
      await managed.child.start()
    } finally {
      this.#starting = undefined
    }
    managed.running = true
    managed.startedAt = this.#clock.monotonic()
  }

  async #stopChild(managed: Managed | undefined, withinMs?: number): Promise<void> {
    if (managed === undefined) return
    managed.running = false
    await managed.child.stop(withinMs)
  }

  /** Logs a failed start (OTP's `start_error`). */
  #startFailed(integration: string, reason: string): void {
    const message = `its start failed: ${reason}`
    this.#report({ kind: 'log', record: { level: 'error', message, integration } })
  }

  #forget(ids: readonly string[]): void {
    if (ids.length > 0) this.#children = this.#children.filter(({ child }) => !ids.includes(child.spec.id))
  }

  #managed(id: string): Managed | undefined {
    return this.#children.find(({ child }) => child.spec.id === id)
  }
}
