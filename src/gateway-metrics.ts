import type { RecordableHistogram } from 'node:perf_hooks'
import type { BreakerState, ConnectionState, ListenAddress, PoolFigures } from './core/status.js'
import type { Counts } from './mailbox/gauges.js'
import type { BrokerChild } from './supervisor/broker-child.js'
import type { IntegrationChild } from './supervisor/integration-child.js'

export interface Latency {
  readonly count: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

export interface IntegrationMetrics {
  readonly type: string
  readonly connection: ConnectionState
  readonly breaker: BreakerState
  readonly restarts: number
  readonly counts: Counts
  /** Requests waiting on the host, handed to the actor, under way there, and messages held for the host. */
  readonly depths: {
    readonly waiting: number
    readonly posted: number
    readonly operations: number
    readonly deliveries: number
  }
  /** Errors that handlers of consumers and served methods threw. */
  readonly handlerErrors: number
  readonly latency: Latency
  /** Its connections, where the protocol pools them. */
  readonly pool?: PoolFigures
  /** Bytes of heap and array buffers of its actor. */
  readonly memoryBytes: number
  readonly threadId?: number
}

/** As those of an integration; what it has received are requests. */
export interface ServerMetrics extends IntegrationMetrics {
  /** Where it listens; absent while it does not. */
  readonly listening?: ListenAddress
}

export interface BrokerMetrics {
  readonly type: string
  readonly running: boolean
  readonly restarts: number
  readonly memoryBytes: number
  readonly address?: string
  readonly port?: number
  readonly threadId?: number
}

/** A gateway at one moment; read from shared memory, so that looking costs no message. */
export interface GatewayMetrics {
  readonly integrations: Readonly<Record<string, IntegrationMetrics>>
  readonly servers: Readonly<Record<string, ServerMetrics>>
  readonly brokers: Readonly<Record<string, BrokerMetrics>>
  /** Threads that were replaced and are still stuck in a native call. */
  readonly zombies: number
}

/** What the figures are read from. */
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
