import type { GatewayMetrics } from '../gateway-metrics.js'
import type { ViewRow } from './view-source.js'

/** Returns the rows of a running gateway: integrations, then servers, then brokers. */
export function rowsOf(metrics: GatewayMetrics): readonly ViewRow[] {
  const integrations = Object.entries(metrics.integrations).map(([name, integration]): ViewRow => {
    const { counts } = integration
    return {
      name,
      type: integration.type,
      state: integration.connection,
      breaker: integration.breaker,
      received: counts.received + counts.dequeued,
      sent: counts.calls + counts.published + counts.enqueued,
      errors: sumOf(counts.errors),
      restarts: integration.restarts,
    }
  })
  const servers = Object.entries(metrics.servers).map(([name, server]): ViewRow => {
    const { counts, listening } = server
    return {
      name,
      type: `${server.type} server${listening === undefined ? '' : ` :${listening.port}`}`,
      state: server.connection === 'connected' ? 'listening' : server.connection,
      breaker: server.breaker,
      received: counts.received,
      sent: counts.answered,
      errors: sumOf(counts.errors),
      restarts: server.restarts,
    }
  })
  const brokers = Object.entries(metrics.brokers).map(([name, broker]): ViewRow => {
    const port = broker.port === undefined ? '' : ` :${broker.port}`
    return {
      name,
      type: `${broker.type} broker${port}`,
      state: broker.running ? 'running' : 'stopped',
      received: 0,
      sent: 0,
      errors: 0,
      restarts: broker.restarts,
    }
  })
  return [...integrations, ...servers, ...brokers]
}

function sumOf(errors: Readonly<Partial<Record<string, number>>>): number {
  return Object.values(errors).reduce<number>((sum, count) => sum + (count ?? 0), 0)
}
