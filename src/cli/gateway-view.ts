import type { GatewayMetrics } from '../gateway-metrics.js'
import type { ViewRow } from './view-source.js'

/** The rows of a running gateway: integrations first, then brokers. */
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
      errors: Object.values(counts.errors).reduce((sum, count) => sum + (count ?? 0), 0),
      restarts: integration.restarts,
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
  return [...integrations, ...brokers]
}
