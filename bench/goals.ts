/** What is judged; how each is computed from a round is in `report/judge.ts`. */
export type Measure =
  | 'host-cpu-ratio'
  | 'throughput-ratio'
  | 'throughput'
  | 'loop-delay-ratio'
  | 'added-latency'
  | 'host-cpu'
  | 'duration'
  | 'memory'
  | 'idle-cpu'

/** A row of the performance contract (DESIGN section 10). */
export interface Goal {
  readonly scenario: string
  readonly measure: Measure
  readonly limit: number
  readonly direction: 'at-most' | 'at-least'
}

/** ms between heartbeats in the scenario of the stuck actor; its goal depends on it. */
export const STUCK_HEARTBEAT_MS = 200

const atMost = (scenario: string, measure: Measure, limit: number): Goal => ({
  scenario,
  measure,
  limit,
  direction: 'at-most',
})
const atLeast = (scenario: string, measure: Measure, limit: number): Goal => ({
  scenario,
  measure,
  limit,
  direction: 'at-least',
})

/** The performance contract, as far as there are scenarios for it. */
export const GOALS: readonly Goal[] = [
  atMost('mqtt-publish-qos0', 'host-cpu-ratio', 0.12),
  atLeast('mqtt-publish-qos0', 'throughput-ratio', 1),
  atMost('mqtt-publish-qos1', 'host-cpu-ratio', 0.12),
  atLeast('mqtt-publish-qos1', 'throughput-ratio', 1),
  atMost('mqtt-subscribe-values', 'host-cpu-ratio', 0.3),
  atLeast('mqtt-subscribe-values', 'throughput-ratio', 0.75),
  atMost('mqtt-subscribe-bytes', 'host-cpu-ratio', 0.06),
  atLeast('mqtt-subscribe-bytes', 'throughput-ratio', 0.95),
  atMost('mqtt-subscribe-lazy', 'host-cpu-ratio', 0.06),
  atLeast('mqtt-subscribe-lazy', 'throughput-ratio', 0.95),
  atMost('mqtt-subscribe-conflated', 'host-cpu-ratio', 0.02),
  atMost('mqtt-subscribe-10k', 'host-cpu-ratio', 0.25),
  // A broker floods only where it outruns its subscriber; Mosquitto and its publisher on the same two cores do not.
  atMost('mqtt-flood-values', 'loop-delay-ratio', 0.15),
  atLeast('mqtt-flood-values', 'throughput-ratio', 0.75),
  atLeast('mqtt-flood-bytes', 'throughput-ratio', 0.95),
  atMost('mqtt-flood-handler', 'loop-delay-ratio', 0.15),
  atLeast('mqtt-flood-handler', 'throughput-ratio', 1.1),
  // A known token costs at most 10 µs.
  atMost('verify-cached', 'duration', 0.01),
  atLeast('jq', 'throughput', 500_000),
  atMost('jq-compile', 'duration', 0.2),
  atMost('nats-publish', 'host-cpu-ratio', 0.2),
  atLeast('nats-publish', 'throughput-ratio', 1),
  atMost('nats-subscribe-values', 'host-cpu-ratio', 0.6),
  atLeast('nats-subscribe-values', 'throughput-ratio', 0.75),
  atMost('nats-subscribe-bytes', 'host-cpu-ratio', 0.12),
  atLeast('nats-subscribe-bytes', 'throughput-ratio', 0.95),
  atMost('nats-subscribe-10k', 'host-cpu-ratio', 0.25),
  atMost('redis-publish', 'host-cpu-ratio', 0.15),
  atLeast('redis-publish', 'throughput-ratio', 1),
  atMost('redis-subscribe-values', 'host-cpu-ratio', 0.25),
  atLeast('redis-subscribe-values', 'throughput-ratio', 0.75),
  atMost('redis-subscribe-bytes', 'host-cpu-ratio', 0.06),
  atLeast('redis-subscribe-bytes', 'throughput-ratio', 0.95),
  atMost('redis-subscribe-10k', 'host-cpu-ratio', 0.25),
  atMost('rpc-hundred', 'host-cpu-ratio', 0.12),
  atLeast('rpc-hundred', 'throughput-ratio', 1),
  atMost('rpc-batched-hundred', 'host-cpu-ratio', 0.12),
  atLeast('rpc-batched-hundred', 'throughput-ratio', 1),
  atMost('rpc-one', 'added-latency', 60),
  atMost('grpc-hundred', 'host-cpu-ratio', 0.12),
  atLeast('grpc-hundred', 'throughput-ratio', 1),
  atMost('grpc-one', 'added-latency', 60),
  atMost('nats-rpc-hundred', 'host-cpu-ratio', 0.12),
  atLeast('nats-rpc-hundred', 'throughput-ratio', 1),
  atMost('nats-rpc-one', 'added-latency', 60),
  atMost('route-nats-redis', 'host-cpu', 0.05),
  atLeast('route-nats-redis', 'throughput-ratio', 1.2),
  atMost('actor-start', 'duration', 60),
  atMost('actor-memory', 'memory', 12),
  atMost('crash-cold', 'duration', 120),
  atMost('crash-warm', 'duration', 25),
  atMost('stuck', 'duration', 2 * STUCK_HEARTBEAT_MS + 100),
  atMost('fifty-integrations', 'duration', 3_000),
  atMost('fifty-integrations', 'idle-cpu', 0.5),
  atLeast('disk-buffer', 'throughput', 50_000),
  atLeast('embed-messages', 'throughput', 100_000),
  atMost('embed-call', 'added-latency', 200),
]

/** The goal for a measure of a scenario; `undefined` when the contract has none. */
export function goalFor(
  scenario: string,
  measure: Measure,
  goals: readonly Goal[] = GOALS,
): Goal | undefined {
  return goals.find((goal) => goal.scenario === scenario && goal.measure === measure)
}

/** Whether a value meets its goal; the limit itself does. */
export function meets(goal: Goal, value: number): boolean {
  return goal.direction === 'at-most' ? value <= goal.limit : value >= goal.limit
}
