import type { RecordableHistogram } from 'node:perf_hooks'
import { sharesBroker } from '../core/broker-session.js'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import type { Counts } from '../core/metrics.js'
import type { Fault } from '../core/settings/chaos.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { ConnectionFault, HealthStatus, IntegrationStatus, ListenAddress } from '../core/status.js'
import type { ActorAddress } from '../mailbox/actor-address.js'
import { addCounts, Gauges } from '../mailbox/gauges.js'
import type { ActorNotice } from '../mailbox/protocol.js'
import type { ActorControl } from '../mailbox/thread-messages.js'
import { type ActorPlan, childSpec, keptMemory, sessionIdOf } from './actor-plan.js'
import type { Child } from './child.js'
import { type ChildSpec, graceOf } from './child-spec.js'
import { Drains, LEAST_STOP_MS } from './drains.js'
import { faultOf, healthOf, newLatencies, statusOf, totalErrors } from './integration-status.js'
import type { Life } from './life.js'
import { type IntegrationDependencies, makeLife, type NewLife } from './new-life.js'

/** The delay between the start of a child and the refill of the thread pool. */
const REFILL_AFTER_MS = 250

/** An integration as a child of its supervisor. Each start begins a new life of its actor. */
export class IntegrationChild implements Child {
  readonly address: ActorAddress
  /** Durations of operations in microseconds, over all lives. */
  readonly latency: RecordableHistogram = newLatencies()
  onDeath: ((reason: string) => void) | undefined
  /** Where its server listens, as last reported by its actor. */
  listening: ListenAddress | undefined
  /** The last fault of its connection, as reported by its actors. */
  lastError: ConnectionFault | undefined
  /** Milliseconds from its last start to its first connection; `undefined` before the first. */
  lastStartMs: number | undefined
  readonly #clientId: string
  readonly #dependencies: IntegrationDependencies
  /** Lives that have been replaced and have not ended. */
  readonly #drains: Drains
  #plan: ActorPlan
  /** Memory that outlives each life of the actor. */
  #kept: SharedArrayBuffer | undefined
  #life: Life<ActorControl> | undefined
  #startedAt: number | undefined
  /** How many lives with a client id of their own there were. */
  #identities = 0
  /** The client id of the current life, or of the last one if it has died. */
  #currentId: string | undefined
  #earlierCounts: Counts = new Gauges().counts()
  #lastUsed = 0
  #permanentFailure: string | undefined

  constructor(
    plan: ActorPlan,
    clientId: string,
    address: ActorAddress,
    dependencies: IntegrationDependencies,
  ) {
    this.#plan = plan
    this.address = address
    this.#clientId = clientId
    this.#drains = new Drains(plan.settings.name)
    this.#dependencies = dependencies
    this.#kept = keptMemory(plan)
  }

  get spec(): ChildSpec {
    return childSpec(this.#plan.settings.name, this.#plan.supervision)
  }

  get settings(): IntegrationSettings {
    return this.#plan.settings
  }

  get plan(): ActorPlan {
    return this.#plan
  }

  /** The current life; `undefined` while there is none. */
  get life(): Life<ActorControl> | undefined {
    return this.#life
  }

  get status(): IntegrationStatus {
    const { lastError, listening } = this
    return statusOf(this.#life, {
      errorCount: totalErrors(this.counts),
      lastUsed: this.#life?.gauges.lastUsed || this.#lastUsed,
      lastError,
      listening,
    })
  }

  /** Why there will be no further connection: the actor has failed permanently, or the gateway shuts down. */
  get ended(): Error | undefined {
    const integration = this.settings.name
    if (!this.address.isOpen) return new ShutdownError({ integration })
    if (this.#permanentFailure === undefined) return undefined
    return new ActorCrashedError(this.#permanentFailure, false, { integration, retryable: false })
  }

  /** The counts of all lives of its actor. */
  get counts(): Counts {
    const lives = [...this.#drains.lives, ...(this.#life === undefined ? [] : [this.#life])]
    return lives.reduce((sum, { gauges }) => addCounts(sum, gauges.counts()), this.#earlierCounts)
  }

  /** Bytes of heap and array buffers of its actor. */
  get memoryBytes(): number {
    return this.#life?.gauges.heapBytes ?? 0
  }

  /** The number of operations in flight in the actor, and of messages that it holds for the host. */
  get depths(): { readonly operations: number; readonly deliveries: number } {
    return this.#life?.gauges.depths ?? { operations: 0, deliveries: 0 }
  }

  async start(): Promise<void> {
    this.#permanentFailure = undefined
    this.listening = undefined
    const begun = this.newLife(this.#plan, false)
    const { life, channel } = begun
    this.#life = life
    this.#currentId = sessionIdOf(this.#plan, begun.clientId)
    this.#startedAt = this.#dependencies.clock.monotonic()
    try {
      await begun.send()
    } catch (error) {
      channel.port.close()
      if (this.#life === life) this.#life = undefined
      throw error
    }
    this.address.attach(channel, life.gauges)
    this.join(begun)
  }

  /**
   * Makes a life with these settings, without starting it.
   * @param isDistinct whether it is beside another life, from which the broker must tell it apart
   */
  newLife(plan: ActorPlan, isDistinct: boolean): NewLife {
    if (isDistinct && plan.identity === 'distinct') this.#identities++
    const clientId = this.#identities === 0 ? this.#clientId : `${this.#clientId}-${this.#identities}`
    return makeLife(plan, this.#dependencies, {
      clientId,
      idPrefix: this.#clientId,
      latency: this.latency,
      // Two lives do not share the state of a session.
      kept: plan === this.#plan ? this.#kept : keptMemory(plan),
      died: (life, reason) => this.#died(life, reason),
    })
  }

  /** Connects a life with the other actors of its routes, in place of an earlier one. */
  join({ life, routes }: NewLife): void {
    this.#dependencies.routes.started(this.settings.name, life, routes)
    this.#drains.adopt(life)
    this.#refillLater()
  }

  /**
   * Makes another life the current one.
   * @param startMs from its start to its connection
   * @returns the earlier one, which `drain` ends
   */
  replaceLife(
    { life, clientId, kept }: NewLife,
    plan: ActorPlan,
    startMs: number,
  ): Life<ActorControl> | undefined {
    const earlier = this.#life
    this.#startedAt = undefined
    this.lastStartMs = startMs
    const sessionId = sessionIdOf(plan, clientId)
    if (earlier !== undefined) this.#drains.add(earlier, this.#currentId!)
    else if (this.#currentId !== undefined && this.#currentId !== sessionId)
      this.#drains.died(this.#currentId)
    this.#life = life
    this.#currentId = sessionId
    this.#permanentFailure = undefined
    this.configure(plan)
    this.#kept = kept
    return earlier
  }

  /** Takes the current life away. @returns the life, which `drain` ends */
  endLife(): Life<ActorControl> | undefined {
    const life = this.#life
    if (life === undefined) return undefined
    this.#dependencies.routes.leaving(this.settings.name)
    this.#drains.add(life, this.#currentId!)
    this.#currentId = undefined
    this.#life = undefined
    return life
  }

  /** Takes new settings for this life and the next ones. @param isNewSession whether the next one has other sessions */
  configure(plan: ActorPlan, isNewSession = false): void {
    if (isNewSession || plan.keptBytes !== (this.#kept?.byteLength ?? 0)) this.#kept = keptMemory(plan)
    if (!sharesBroker(this.#plan.session, plan.session)) this.#drains.forget()
    this.#plan = plan
  }

  /** Stops a life that was replaced, when it has settled what it has or after `ms`. Never rejects. */
  async drain(life: Life<ActorControl>, ms: number, endsSessions = false): Promise<void> {
    if (!(await this.#drains.drain(life, ms, endsSessions))) return
    this.#earlierCounts = addCounts(this.#earlierCounts, life.gauges.counts())
    this.#drains.adopt(this.#life)
  }

  /** Records what its actor reports about its connection. @param now milliseconds since 1970 */
  connectionChanged(
    { state, listening, error }: Extract<ActorNotice, { kind: 'connection' }>,
    now: number,
  ): void {
    if (state === 'connected') this.#connected()
    this.listening = listening
    if (error !== undefined) this.lastError = faultOf(error, now)
  }

  #connected(): void {
    if (this.#startedAt === undefined) return
    this.lastStartMs = this.#dependencies.clock.monotonic() - this.#startedAt
    this.#startedAt = undefined
  }

  /** @param endsSessions whether to end the sessions that the broker keeps, because nobody comes back for them */
  async stop(withinMs = Number.POSITIVE_INFINITY, endsSessions = false): Promise<void> {
    const graceMs = Math.min(graceOf(this.spec.shutdown), withinMs)
    const drained = this.#drains.stop()
    const life = this.#life
    if (life === undefined) return drained
    // During a shutdown the gateway has already waited for accepted requests.
    const drainMs = this.address.isOpen ? graceMs : 0
    const integration = this.settings.name
    const reason = this.address.isOpen
      ? new ActorCrashedError('it was stopped', true, { integration })
      : new ShutdownError({ integration })
    const stopMs = graceMs + (endsSessions ? LEAST_STOP_MS : 0)
    await life.stop(stopMs, (control) => control.stop(drainMs, { endsSessions }), reason)
    this.#endLife(life)
    this.address.detach('it was stopped')
    await drained
  }

  fail(reason: string): void {
    this.#life?.kill()
    if (this.#life !== undefined) this.#endLife(this.#life)
    this.#permanentFailure = reason
    this.address.fail(reason)
  }

  /** Asks the actor for a health check; returns "unhealthy" if it cannot answer. Never throws. */
  async health(): Promise<HealthStatus> {
    return healthOf(this.#life, this.status)
  }

  /** Stops the sources of its routes. Resolves when the messages on their way have been settled; never rejects. */
  async drainRoutes(): Promise<void> {
    const life = this.#life
    if (life?.isRunning !== true) return
    await life.control.drainRoutes().catch(() => {})
  }

  /** Closes the connection and makes a new one. @throws ConnectionError, ActorCrashedError, ShutdownError */
  async reconnect(): Promise<void> {
    await this.#running().control.reconnect()
  }

  /** Causes a fault in the actor. @throws ActorCrashedError, ShutdownError if there is no actor */
  async inject(fault: Fault): Promise<void> {
    await this.#running().control.inject(fault)
  }

  /** Refills the thread pool later. Loading a thread takes a core, which the new life needs until it has connected. */
  #refillLater(): void {
    const { clock, pool } = this.#dependencies
    clock.setTimer(REFILL_AFTER_MS, () => pool.refill(this.#plan.worker), { background: true })
  }

  #running(): Life<ActorControl> {
    if (this.#life !== undefined) return this.#life
    const integration = this.settings.name
    throw this.ended ?? new ActorCrashedError('its actor is being restarted', false, { integration })
  }

  #died(life: Life<ActorControl>, reason: string): void {
    if (this.#life !== life) return
    this.#endLife(life)
    this.address.detach(reason)
    this.onDeath?.(reason)
  }

  #endLife(life: Life<ActorControl>): void {
    if (this.#life !== life) return
    this.#dependencies.routes.ended(this.settings.name)
    this.#earlierCounts = addCounts(this.#earlierCounts, life.gauges.counts())
    this.#lastUsed = life.gauges.lastUsed || this.#lastUsed
    this.#life = undefined
  }
}
