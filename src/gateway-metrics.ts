import type { RecordableHistogram } from 'node:perf_hooks'
import type { BreakerState, ConnectionState, ListenAddress, PoolFigures } from './core/status.js'
import type { Counts } from './mailbox/gauges.js'
import type { BrokerChild } from './supervisor/broker-child.js'
import type { IntegrationChild } from './supervisor/integration-child.js'

/** Durations of operations in milliseconds, including all attempts. */
export interface Latency {
  /** How many operations were measured. */
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** The metrics of an integration (see docs/metrics.md). */
export interface IntegrationMetrics {
  readonly type: string
  readonly connection: ConnectionState
  readonly breaker: BreakerState
  readonly restarts: number
  readonly counts: Counts
  /**
   * Requests that wait on the host, that are posted to the actor, and that are in flight there; messages held for the
   * host.
   */
  readonly depths: {
    readonly waiting: number
    readonly posted: number
    readonly operations: number
    readonly deliveries: number
  }
  /** Errors that handlers of consumers and served methods threw. */
  readonly handlerErrors: number
  readonly latency: Latency
  /** Its connection pool; absent if the protocol has none. */
  readonly pool?: PoolFigures
  /** Bytes of heap and array buffers of its actor. */
  readonly memoryBytes: number
  readonly threadId?: number
}

/** The metrics of a server. `counts.received` counts requests. */
export interface ServerMetrics extends IntegrationMetrics {
  /** Where it listens; absent while it does not listen. */
  readonly listening?: ListenAddress
}

/** The metrics of an embedded broker. */
export interface BrokerMetrics {
  readonly type: string
  readonly running: boolean
  readonly restarts: number
  readonly memoryBytes: number
  readonly address?: string
  readonly port?: number
  readonly threadId?: number
}

/** A snapshot of a gateway. Read from shared memory, so it costs no message. */
export interface GatewayMetrics {
  readonly integrations: Readonly<Record<string, IntegrationMetrics>>
  readonly servers: Readonly<Record<string, ServerMetrics>>
  readonly brokers: Readonly<Record<string, BrokerMetrics>>
  /** The number of threads that were replaced and are still stuck in a native call. */
  readonly zombies: number
}

/** The part of the supervision tree from which metrics are read. */
interface Tree {
  readonly integrations: ReadonlyMap<string, IntegrationChild>
  readonly brokers: ReadonlyMap<string, BrokerChild>
  readonly zombies: number
  restarts(name: string): number
}

export function gatewayMetrics(tree: Tree, handlerErrors: (name: string) => number): GatewayMetrics {
  const isServer = ({ settings }: IntegrationChild) => settings.listen !== undefined
  const actors = [...tree.integrations]
  const each = <T>(
    children: readonly (readonly [string, IntegrationChild])[],
    metrics: (child: IntegrationChild, restarts: number, handlerErrors: number) => T,
  ) =>
    Object.fromEntries(
      children.map(([name, child]) => [name, metrics(child, tree.restarts(name), handlerErrors(name))]),
    )
  return {
    integrations: each(
      actors.filter(([, child]) => !isServer(child)),
      integrationMetrics,
    ),
    servers: each(
      actors.filter(([, child]) => isServer(child)),
      serverMetrics,
    ),
    brokers: Object.fromEntries(
      [...tree.brokers].map(([name, child]) => [name, brokerMetrics(child, tree.restarts(name))]),
    ),
    zombies: tree.zombies,
  }
}

function integrationMetrics(
  child: IntegrationChild,
  restarts: number,
  handlerErrors: number,
): IntegrationMetrics {
  const { state, breaker, threadId, pool } = child.status
  return {
    type: child.settings.type,
    connection: state,
    breaker,
    restarts,
    counts: child.counts,
    depths: { ...child.address.depth, ...child.depths },
    handlerErrors,
    latency: latencyOf(child.latency),
    memoryBytes: child.memoryBytes,
    ...(pool !== undefined && { pool }),
    ...(threadId !== undefined && { threadId }),
  }
}

function serverMetrics(child: IntegrationChild, restarts: number, handlerErrors: number): ServerMetrics {
  const { listening } = child.status
  return {
    ...integrationMetrics(child, restarts, handlerErrors),
    ...(listening !== undefined && { listening }),
  }
}

function brokerMetrics(child: BrokerChild, restarts: number): BrokerMetrics {
  const { threadId, isRunning, memoryBytes } = child
  return {
    type: child.plan.type,
    running: isRunning,
    restarts,
    memoryBytes,
    ...child.address,
    ...(threadId !== undefined && { threadId }),
  }
}

function latencyOf(histogram: RecordableHistogram): Latency {
  const { count } = histogram
  const at = (percentile: number) => (count === 0 ? 0 : histogram.percentile(percentile) / 1_000)
  return { count, p50Ms: at(50), p95Ms: at(95), p99Ms: at(99) }
}
