import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { MessagePort } from 'node:worker_threads'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import type { Counts } from '../core/metrics.js'
import type { Fault } from '../core/settings/chaos.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { ConnectionFault, HealthStatus, IntegrationStatus, ListenAddress } from '../core/status.js'
import type { ActorAddress } from '../mailbox/actor-address.js'
import { openChannel } from '../mailbox/channel.js'
import { addCounts, Gauges } from '../mailbox/gauges.js'
import type { ActorControl, Peer } from '../mailbox/thread-messages.js'
import type { Child } from './child.js'
import { type ChildSpec, graceOf } from './child-spec.js'
import { Life, type LifeDependencies } from './life.js'
import type { RouteLinks } from './route-links.js'
import type { ThreadPool } from './thread-pool.js'
import { transformFiles } from './transform-files.js'

export interface IntegrationDependencies extends LifeDependencies {
  readonly pool: ThreadPool
  /** Gives one end of a channel to a peer of an integration, or closes it if there is no such peer. */
  dial(peer: Peer, port: MessagePort, integration: string): void
  readonly routes: RouteLinks
}

/** The delay between the start of a child and the refill of the thread pool. */
const REFILL_AFTER_MS = 250
/** The range of latencies: 1 microsecond to 1 hour. Two significant digits keep the histogram small. */
const LATENCIES = { lowest: 1, highest: 3_600_000_000, figures: 2 } as const

/** An integration as a child of its supervisor. Each start begins a new life of its actor. */
export class IntegrationChild implements Child {
  readonly spec: ChildSpec
  readonly settings: IntegrationSettings
  readonly address: ActorAddress
  /** Durations of operations in microseconds, over all lives. */
  readonly latency: RecordableHistogram = createHistogram(LATENCIES)
  onDeath: ((reason: string) => void) | undefined
  /** Where its server listens, as last reported by its actor. */
  listening: ListenAddress | undefined
  /** The last fault of its connection, as reported by its actors. */
  lastError: ConnectionFault | undefined
  readonly #worker: URL
  readonly #clientId: string
  readonly #dependencies: IntegrationDependencies
  /** Memory that outlives each life of the actor. */
  readonly #kept: SharedArrayBuffer | undefined
  #life: Life<ActorControl> | undefined
  #earlierCounts: Counts = new Gauges().counts()
  #lastUsed = 0
  #permanentFailure: string | undefined

  constructor(
    spec: ChildSpec,
    settings: IntegrationSettings,
    worker: URL,
    clientId: string,
    address: ActorAddress,
    dependencies: IntegrationDependencies,
    keptBytes: number,
  ) {
    this.spec = spec
    this.settings = settings
    this.address = address
    this.#worker = worker
    this.#clientId = clientId
    this.#dependencies = dependencies
    if (keptBytes > 0) this.#kept = new SharedArrayBuffer(keptBytes)
  }

  get status(): IntegrationStatus {
    const life = this.#life
    const errorCount = total(this.counts.errors)
    const lastUsed = life?.gauges.lastUsed || this.#lastUsed
    const { lastError } = this
    const used = { ...(lastUsed > 0 && { lastUsed }), ...(lastError && { lastError }) }
    if (life === undefined)
      return { state: 'disconnected', breaker: 'closed', reconnectAttempt: 0, errorCount, ...used }
    const { connection, breaker, connectedSince, reconnectAttempt, pool } = life.gauges
    return {
      state: connection,
      breaker,
      reconnectAttempt,
      errorCount,
      ...used,
      threadId: life.threadId,
      ...(connection === 'connected' && { connectedSince }),
      ...(connection === 'connected' && this.listening !== undefined && { listening: this.listening }),
      ...(pool !== undefined && { pool }),
    }
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
    return this.#life === undefined
      ? this.#earlierCounts
      : addCounts(this.#earlierCounts, this.#life.gauges.counts())
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
    const thread = this.#dependencies.pool.take(this.#worker)
    const channel = openChannel()
    this.listening = undefined
    const { heartbeatMs, limits, name } = this.settings
    const life = new Life<ActorControl>(
      name,
      thread,
      this.#dependencies,
      { heartbeatMs, memory: limits.memory },
      {
        dial: (peer, port) => this.#dependencies.dial(peer, port, name),
        died: (reason) => this.#died(life, reason),
      },
    )
    this.#life = life
    const routes = this.#dependencies.routes.starting(name)
    try {
      await life.start(
        (control, gauges) => ({
          kind: 'start-actor',
          settings: this.settings,
          clientId: this.#clientId,
          channel: channel.actor,
          control,
          gauges,
          latency: this.latency,
          transformFiles: transformFiles(),
          ...(this.#kept && { kept: this.#kept }),
          ...(routes && { routes }),
        }),
        [channel.actor.port],
      )
    } catch (error) {
      channel.host.port.close()
      if (this.#life === life) this.#life = undefined
      throw error
    }
    this.address.attach(channel.host, life.gauges)
    this.#dependencies.routes.started(name, (link) => life.join(link))
    this.#refillLater()
  }

  async stop(withinMs = Number.POSITIVE_INFINITY): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    const graceMs = Math.min(graceOf(this.spec.shutdown), withinMs)
    // During a shutdown the gateway has already waited for accepted requests.
    const drainMs = this.address.isOpen ? graceMs : 0
    const integration = this.settings.name
    const reason = this.address.isOpen
      ? new ActorCrashedError('it was stopped', true, { integration })
      : new ShutdownError({ integration })
    await life.stop(graceMs, (control) => control.stop(drainMs), reason)
    this.#endLife(life)
    this.address.detach('it was stopped')
  }

  fail(reason: string): void {
    this.#life?.kill()
    if (this.#life !== undefined) this.#endLife(this.#life)
    this.#permanentFailure = reason
    this.address.fail(reason)
  }

  /** Asks the actor for a health check; returns "unhealthy" if it cannot answer. Never throws. */
  async health(): Promise<HealthStatus> {
    const life = this.#life
    const unhealthy = (reason: string): HealthStatus => ({
      healthy: false,
      latencyMs: 0,
      connection: this.status.state,
      breaker: this.status.breaker,
      reason,
    })
    if (life === undefined || !life.isRunning) return unhealthy('its actor is not running')
    return life.control.health().catch((error: Error) => unhealthy(error.message))
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
    this.#dependencies.clock.setTimer(REFILL_AFTER_MS, () => this.#dependencies.pool.refill(this.#worker), {
      background: true,
    })
  }

  get #restarting(): ActorCrashedError {
    return new ActorCrashedError('its actor is being restarted', false, { integration: this.settings.name })
  }

  #running(): Life<ActorControl> {
    if (this.#life === undefined) throw this.ended ?? this.#restarting
    return this.#life
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

function total(errors: Counts['errors']): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0)
}
