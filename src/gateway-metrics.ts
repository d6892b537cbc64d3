import type { RecordableHistogram } from 'node:perf_hooks'
import type { Counts, RouteCounts, RouteLevel } from './core/metrics.js'
import type { ReloadFigures } from './core/reload-plan.js'
import type { BreakerState, ConnectionState, ListenAddress, PoolFigures } from './core/status.js'
import type { ActionFigures } from './dataflow/actions/action.js'
import type { DataFigures } from './dataflow/data-source.js'
import type { FlowFigures } from './dataflow/flow.js'
import type { TriggerFigures } from './dataflow/triggers/trigger.js'
import type { BrokerChild } from './supervisor/broker-child.js'
import type { IntegrationChild } from './supervisor/integration-child.js'
import type { RouteLinks } from './supervisor/route-links.js'

/** Durations of operations in milliseconds, including all attempts. */
export interface Latency {
  /** How many operations were measured. */
  readonly count: number
  /** Milliseconds that half of them took at most; 0 before the first. */
  readonly p50Ms: number
  /** Milliseconds that 95 of 100 took at most. */
  readonly p95Ms: number
  /** Milliseconds that 99 of 100 took at most. */
  readonly p99Ms: number
}

/** The metrics of an integration (see docs/metrics.md). */
export interface IntegrationMetrics {
  /** The protocol. */
  readonly type: string
  /** The state of its connection. */
  readonly connection: ConnectionState
  /** The state of its circuit breaker. */
  readonly breaker: BreakerState
  /** Restarts of its actor. */
  readonly restarts: number
  /** Its counters, over all lives of its actor. */
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
  /** How long its operations took. */
  readonly latency: Latency
  /** Its connection pool; absent if the protocol has none. */
  readonly pool?: PoolFigures
  /** Bytes of heap and array buffers of its actor. */
  readonly memoryBytes: number
  /** Of the thread of its actor; absent while there is none. */
  readonly threadId?: number
}

/** The metrics of a server. `counts.received` counts requests. */
export interface ServerMetrics extends IntegrationMetrics {
  /** Where it listens; absent while it does not listen. */
  readonly listening?: ListenAddress
}

/** The metrics of an embedded broker. */
export interface BrokerMetrics {
  /** The type of the broker. */
  readonly type: string
  /** Whether its thread runs. */
  readonly running: boolean
  /** Restarts of its thread. */
  readonly restarts: number
  /** Bytes of heap and array buffers of its thread. */
  readonly memoryBytes: number
  /** Where it listens; absent for a broker that is reached inside the process only. */
  readonly address?: string
  /** The port where it listens. */
  readonly port?: number
  /** Of its thread; absent while there is none. */
  readonly threadId?: number
}

/** The metrics of a route (see docs/metrics.md). */
export interface RouteMetrics extends Readonly<Record<RouteLevel, number>> {
  /** Its counters, over all lives of the actor of its source. */
  readonly counts: RouteCounts
}

/** A snapshot of a gateway. Read from shared memory, so it costs no message. */
export interface GatewayMetrics {
  /** By the labels of their blocks. */
  readonly integrations: Readonly<Record<string, IntegrationMetrics>>
  /** By the labels of their blocks. */
  readonly servers: Readonly<Record<string, ServerMetrics>>
  /** By the labels of their blocks; those without a block too. */
  readonly brokers: Readonly<Record<string, BrokerMetrics>>
  /** By the names of the `data` blocks. */
  readonly data: Readonly<Record<string, DataFigures>>
  /** By the names of the `action` blocks. */
  readonly actions: Readonly<Record<string, ActionFigures>>
  /** By the events of the `on` blocks; with `#2`, `#3` behind it for further blocks of the same event. */
  readonly triggers: Readonly<Record<string, TriggerFigures>>
  /** By the labels of their blocks. */
  readonly routes: Readonly<Record<string, RouteMetrics>>
  /** The number of threads that were replaced and are still stuck in a native call. */
  readonly zombies: number
  /** Reloads of the configuration. */
  readonly reloads: ReloadFigures
}

/** The part of the supervision tree from which metrics are read. */
interface Tree {
  readonly integrations: ReadonlyMap<string, IntegrationChild>
  readonly brokers: ReadonlyMap<string, BrokerChild>
  readonly routes: RouteLinks
  restarts(name: string): number
}

export function gatewayMetrics(
  tree: Tree,
  handlerErrors: (name: string) => number,
  flow: FlowFigures,
  zombies: number,
  reloads: ReloadFigures,
): GatewayMetrics {
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
    ...flow,
    routes: Object.fromEntries(
      [...tree.routes.figures()].map(([name, { counts, levels }]) => [name, { counts, ...levels }]),
    ),
    zombies,
    reloads,
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
