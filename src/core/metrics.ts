import type { ErrorKind } from './errors/kinds.js'

/** Describes one metric of a gateway. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'state' | 'quantile'
  readonly unit?:
    | 'bytes'
    | 'milliseconds'
    | 'messages'
    | 'requests'
    | 'connections'
    | 'threads'
    | 'loops'
    | 'runs'
    | 'events'
  /** What it means, for the documentation and the exposition. */
  readonly help: string
  /** Its name in telemetry. Absent if only `gateway.metrics()` shows it. */
  readonly name?: string
  /** Labels beside `integration`: the value if it is fixed, else a description. */
  readonly labels?: Readonly<Record<string, string>>
  /** The 64-bit cell of shared memory in which an actor keeps a number. */
  readonly cell?: string
  /** The 32-bit cell of shared memory in which an actor keeps a state. */
  readonly flag?: string
}

const OPERATIONS = 'nemo_operations_total'
const SENT = 'messaging_client_sent_messages_total'
const CONSUMED = 'messaging_client_consumed_messages_total'

/**
 * The counters of an actor, under `counts` of `gateway.metrics()`. Each has a cell of shared memory, in this order, and
 * adds up all lives of the actor.
 */
export const COUNTERS = {
  calls: counter('Attempts of calls and notifications; each call of a batch counts.', OPERATIONS, {
    operation: 'call',
  }),
  published: counter('Attempts to publish a message.', SENT, { operation: 'publish' }),
  received: counter('Messages and requests that subscriptions and servers received.', CONSUMED, {
    operation: 'receive',
  }),
  delivered: counter('Messages handed to the thread of the application.'),
  enqueued: counter('Attempts to put a message into a queue.', SENT, { operation: 'send' }),
  dequeued: counter('Messages taken from queues.', CONSUMED, { operation: 'process' }),
  acked: counter('Acknowledgements of messages of queues.', OPERATIONS, { operation: 'ack' }),
  nacked: counter(
    'Messages of queues that were given back after a failure, to be delivered again.',
    OPERATIONS,
    {
      operation: 'nack',
    },
  ),
  dropped: counter(
    'Messages dropped because there was no room for them, or lost before they reached the gateway.',
    'nemo_dropped_total',
    {
      policy: 'the overflow policy',
    },
  ),
  filtered: counter('Messages that a transform dropped on purpose.', 'nemo_filtered_total'),
  conflated: counter('Messages that a newer one of their topic replaced (`conflate`).'),
  retries: counter('Attempts after the first one.', 'nemo_retries_total'),
  connects: counter('Connections that were made.'),
  disconnects: counter('Connections that were lost or ended.'),
  deadLettered: counter('Messages that were dead-lettered.', 'nemo_dead_lettered_total', {
    reason: 'why',
  }),
  answered: counter('Requests that servers answered.', OPERATIONS, { operation: 'answer' }),
} as const satisfies Readonly<Record<string, Metric>>

/** The other metrics of an integration or server, by their path in `gateway.metrics()`. */
export const INTEGRATION_METRICS = {
  connection: {
    type: 'state',
    help: 'State of the connection.',
    name: 'nemo_connection_state',
    labels: { state: 'each state: 1 for the current one' },
    flag: 'connection',
  },
  breaker: {
    type: 'state',
    help: 'State of the circuit breaker.',
    name: 'nemo_breaker_state',
    labels: { state: 'each state: 1 for the current one' },
    flag: 'breaker',
  },
  restarts: { type: 'counter', help: 'Restarts of its actor.', name: 'nemo_restarts_total' },
  handlerErrors: { type: 'counter', help: 'Errors that handlers of consumers and served methods threw.' },
  'counts.errors': {
    type: 'counter',
    help: 'Failed operations by the kind of the error. Kinds that did not occur are absent.',
    name: OPERATIONS,
    labels: { result: 'the kind of the error' },
  },
  'depths.waiting': gauge('requests', 'Requests that wait on the host.', 'nemo_mailbox_messages'),
  'depths.posted': gauge('requests', 'Requests handed to the actor and not settled.'),
  'depths.operations': {
    ...gauge('requests', 'Requests that the actor has accepted and not settled.'),
    cell: 'operations',
  },
  'depths.deliveries': {
    ...gauge('messages', 'Messages that the actor holds for the host.'),
    cell: 'waitingDeliveries',
  },
  'latency.count': { type: 'counter', help: 'Operations that were measured.' },
  'latency.p50Ms': quantile('0.5'),
  'latency.p95Ms': quantile('0.95'),
  'latency.p99Ms': quantile('0.99'),
  memoryBytes: {
    ...gauge(
      'bytes',
      'Heap and array buffers of its actor at the last heartbeat.',
      'nemo_actor_memory_bytes',
    ),
    cell: 'heapBytes',
  },
  'pool.size': { ...gauge('connections', 'Connections that are open.', 'nemo_pool_size'), cell: 'poolSize' },
  'pool.idle': { ...gauge('connections', 'Open connections without a request.'), cell: 'poolIdle' },
  'pool.inUse': {
    ...gauge('connections', 'Open connections with a request.', 'nemo_pool_in_use'),
    cell: 'poolInUse',
  },
  'pool.pending': { ...gauge('requests', 'Requests that wait for a connection.'), cell: 'poolPending' },
  'pool.max': { ...gauge('connections', 'The maximum number of open connections.'), cell: 'poolMax' },
} as const satisfies Readonly<Record<string, Metric>>

/**
 * The counters of a route, under `counts`: the sum over all lives of its source. Each has a cell of shared memory, in
 * this order.
 */
export const ROUTE_COUNTERS = {
  received: counter('Messages that the source received.'),
  routed: counter('Messages that the sink has accepted.', 'nemo_routed_total'),
  filtered: counter('Messages that a transform dropped on purpose.', 'nemo_filtered_total'),
  duplicates: counter('Redeliveries that were dropped (`idempotency`).'),
  deadLettered: counter('Messages that could not be delivered.', 'nemo_dead_lettered_total', {
    reason: 'why',
  }),
  dropped: counter(
    'Messages dropped because there was no room for them, or lost before they reached the gateway.',
    'nemo_dropped_total',
    { policy: 'the overflow policy' },
  ),
  resent: counter('Messages sent again because the actor of the sink died.'),
} as const satisfies Readonly<Record<string, Metric>>

/** The other metrics of a route. */
export const ROUTE_LEVELS = {
  waiting: gauge('messages', 'Messages between source and sink, without those in a buffer.'),
  waitingBytes: gauge('bytes', 'Payload of these messages.'),
  buffered: gauge('messages', 'Messages in the buffer.'),
  bufferBytes: gauge('bytes', 'Size of the buffer.'),
  unstored: gauge('messages', 'Messages that wait because their buffer cannot store them.'),
} as const satisfies Readonly<Record<string, Metric>>

/** The metrics of an embedded broker. */
export const BROKER_METRICS = {
  running: { type: 'state', help: 'Whether its thread runs.' },
  restarts: { type: 'counter', help: 'Restarts of its thread.', name: 'nemo_restarts_total' },
  memoryBytes: gauge(
    'bytes',
    'Heap and array buffers of its thread at the last heartbeat.',
    'nemo_actor_memory_bytes',
  ),
} as const satisfies Readonly<Record<string, Metric>>

/** The metrics of a `data` block. */
export const DATA_METRICS = {
  status: { type: 'state', help: 'Whether the value is up to date.' },
  updates: counter('Values that were taken.', 'nemo_data_updates_total', { data: 'the block' }),
  errors: counter('Calls, subscriptions, messages and transforms that failed.', 'nemo_data_errors_total', {
    data: 'the block',
  }),
  dropped: counter('Updates that were dropped because readers were too slow.', 'nemo_data_dropped_total', {
    data: 'the block',
  }),
  readers: gauge('loops', 'Loops that read the updates.'),
} as const satisfies Readonly<Record<string, Metric>>

/** The metrics of an `action` block. */
export const ACTION_METRICS = {
  runs: counter('Runs that were started.'),
  succeeded: counter('Runs that have succeeded.', 'nemo_action_runs_total', {
    action: 'the block',
    result: 'ok',
  }),
  failed: counter('Runs that have failed.', 'nemo_action_runs_total', {
    action: 'the block',
    result: 'error',
  }),
  running: gauge('runs', 'Runs in progress.', 'nemo_action_running'),
} as const satisfies Readonly<Record<string, Metric>>

/** The metrics of an `on` block. */
export const TRIGGER_METRICS = {
  events: counter('Events of the block.', 'nemo_trigger_events_total', { trigger: 'the event of the block' }),
  filtered: counter('Events for which the condition did not hold at once.', 'nemo_trigger_filtered_total'),
  skipped: counter(
    'Events without a run because of `debounce`, `throttle`, `overlap` or the shutdown.',
    'nemo_trigger_skipped_total',
  ),
  runs: counter('Runs that were started.', 'nemo_trigger_runs_total'),
  errors: counter(
    'Runs that failed, and conditions that could not be computed.',
    'nemo_trigger_errors_total',
  ),
  waiting: gauge('events', 'Events that wait for a run.', 'nemo_trigger_waiting'),
  running: gauge('runs', 'Runs in progress.'),
} as const satisfies Readonly<Record<string, Metric>>

const RELOADS = 'nemo_config_reloads_total'

/** The metrics of the gateway itself. */
export const GATEWAY_METRICS = {
  zombies: gauge(
    'threads',
    'Threads that were replaced and are stuck in a native call.',
    'nemo_zombie_threads',
  ),
  'reloads.applied': counter('Reloads that changed something.', RELOADS, { result: 'applied' }),
  'reloads.unchanged': counter('Reloads that found nothing to change.', RELOADS, { result: 'unchanged' }),
  'reloads.refused': counter('Reloads that were refused and changed nothing.', RELOADS, {
    result: 'refused',
  }),
  'reloads.lastSucceeded': {
    type: 'state',
    help: 'Whether the last reload was not refused; true before the first.',
    name: 'nemo_config_last_reload_success',
  },
} as const satisfies Readonly<Record<string, Metric>>

/** The name of a counter of a route. */
export type RouteCounter = keyof typeof ROUTE_COUNTERS
/** The name of a level of a route. */
export type RouteLevel = keyof typeof ROUTE_LEVELS
/** The counters of a route since the gateway started. */
export type RouteCounts = Readonly<Record<RouteCounter, number>>

/** The name of a counter. */
export type Counter = keyof typeof COUNTERS

/** The counters of an actor since it started. Errors are counted by kind; kinds that did not occur are absent. */
export type Counts = Readonly<Record<Counter, number>> & {
  readonly errors: Readonly<Partial<Record<ErrorKind, number>>>
}

type IntegrationMetric = (typeof INTEGRATION_METRICS)[keyof typeof INTEGRATION_METRICS]
/** A cell that holds a 64-bit number. */
export type MetricCell = Extract<IntegrationMetric, { readonly cell: string }>['cell']
/** A cell that holds a state. */
export type MetricFlag = Extract<IntegrationMetric, { readonly flag: string }>['flag']

const ACTOR_METRICS: readonly Metric[] = Object.values(INTEGRATION_METRICS)
export const METRIC_CELLS = ACTOR_METRICS.flatMap(({ cell }) => cell ?? []) as readonly MetricCell[]
export const METRIC_FLAGS = ACTOR_METRICS.flatMap(({ flag }) => flag ?? []) as readonly MetricFlag[]

function counter(help: string, name?: string, labels?: Metric['labels']) {
  return { type: 'counter', help, ...(name !== undefined && { name }), ...(labels && { labels }) } as const
}

function gauge<U extends Metric['unit'] & string>(unit: U, help: string, name?: string) {
  return { type: 'gauge', unit, help, ...(name !== undefined && { name }) } as const
}

function quantile(q: string) {
  return {
    type: 'quantile',
    unit: 'milliseconds',
    help: 'Duration of operations, including all attempts.',
    name: 'nemo_operation_duration_seconds',
    labels: { quantile: q },
  } as const
}
