import type { ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import { type Clock, every, type Timer } from '../core/clock.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { HealthStatus } from '../core/status.js'
import type { Logger } from '../core/telemetry.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { Gauges } from '../mailbox/gauges.js'
import { withDeadline } from '../resilience/deadline.js'
import type { Connection } from './connection.js'

/** Checks that the other side answers: on demand, and at the configured interval. */
export class Health {
  readonly #settings: IntegrationSettings
  readonly #adapter: ProtocolAdapter
  readonly #clock: Clock
  readonly #connection: Connection
  readonly #gauges: Gauges
  readonly #log: Logger
  #timer: Timer | undefined
  /** The number of the connection that is being probed. */
  #probed = 0

  constructor(
    settings: IntegrationSettings,
    adapter: ProtocolAdapter,
    clock: Clock,
    connection: Connection,
    gauges: Gauges,
    log: Logger,
  ) {
    this.#settings = settings
    this.#adapter = adapter
    this.#clock = clock
    this.#connection = connection
    this.#gauges = gauges
    this.#log = log
  }

  /** Starts to probe at the configured interval, if enabled. A failed probe replaces the connection. */
  start(): void {
    const { enabled, intervalMs } = this.#settings.healthCheck
    if (!enabled) return
    this.#timer = every(
      this.#clock,
      intervalMs,
      () => {
        if (this.#connection.isConnected) void this.#probeAndReplace('the health check failed')
      },
      { background: true },
    )
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /**
   * Probes a connection that may be dead without having been closed. Replaces it if the probe fails. Does nothing while
   * the connection is probed.
   */
  suspect(): void {
    if (this.#connection.isConnected) void this.#probeAndReplace('operations timed out')
  }

  async #probeAndReplace(cause: string): Promise<void> {
    const { connects } = this.#connection
    if (this.#probed === connects) return
    this.#probed = connects
    const status = await this.check()
    if (this.#probed === connects) this.#probed = 0
    // A connection that was lost during the probe is replaced already.
    const isCurrent = this.#connection.isConnected && this.#connection.connects === connects
    if (status.healthy || !isCurrent) return
    this.#log({ level: 'warn', message: `${cause}: ${status.reason}; reconnecting` })
    await this.#connection.restart().catch(() => {})
  }

  /** Probes now. Never throws. */
  async check(): Promise<HealthStatus> {
    const started = this.#clock.monotonic()
    const reason = await this.#probe()
    const { state } = this.#connection.status
    const { breaker } = this.#gauges
    const status = { latencyMs: this.#clock.monotonic() - started, connection: state, breaker }
    return reason === undefined ? { ...status, healthy: true } : { ...status, healthy: false, reason }
  }

  async #probe(): Promise<string | undefined> {
    const status = this.#connection.status
    if (status.state !== 'connected')
      return status.state === 'failed' ? status.reason : `the connection is ${status.state}`
    const { method, timeoutMs } = this.#settings.healthCheck
    try {
      await withDeadline(
        async (context) => {
          if (method !== undefined && this.#adapter.rpc !== undefined)
            await this.#adapter.rpc.call(method, undefined, context)
          else await this.#adapter.ping?.(context.signal)
        },
        { clock: this.#clock, deadline: this.#clock.monotonic() + timeoutMs, operation: 'health check' },
      )
      return undefined
    } catch (error) {
      return messageOf(error)
    }
  }
}
