import {
  ACTION_METRICS,
  BROKER_METRICS,
  COUNTERS,
  DATA_METRICS,
  GATEWAY_METRICS,
  INTEGRATION_METRICS,
  type Metric,
  ROUTE_COUNTERS,
  ROUTE_LEVELS,
  TRIGGER_METRICS,
} from '../../src/core/metrics.js'
import { table } from './table.js'

/** `docs/metrics.md`, from the description of the metrics alone. */
export function metricsPage(): string {
  return `# Metrics

\`gateway.metrics()\` is a snapshot of the gateway. Reading it costs no message: actors keep their figures in shared memory.
The last column of each table is the name and the labels of a figure in telemetry, beside the label \`integration\`. The
exposition for Prometheus is not in this version.

Written by \`npm run docs\` from \`src/core/metrics.ts\`.

## Integrations and servers

Under \`integrations.NAME\` and \`servers.NAME\`. \`pool\` is present where the protocol has a pool of connections. Beside the
figures there are \`type\`, \`threadId\` and, for a server, \`listening\`: its address and port.

${rowsOf(INTEGRATION_METRICS)}

## Counters of an integration

Under \`counts\` of an integration or server: the sum over all lives of its actor.

${rowsOf(COUNTERS)}

## Brokers

Under \`brokers.NAME\`, with \`type\`, \`threadId\`, \`address\` and \`port\`.

${rowsOf(BROKER_METRICS)}

## Data

Under \`data.NAME\`.

${rowsOf(DATA_METRICS)}

## Actions

Under \`actions.NAME\`.

${rowsOf(ACTION_METRICS)}

## Triggers

Under \`triggers.EVENT\`. Further \`on\` blocks of one event have \`#2\`, \`#3\` and so on behind it.

${rowsOf(TRIGGER_METRICS)}

## Routes

Under \`routes.NAME\`.

${rowsOf(ROUTE_LEVELS)}

## Counters of a route

Under \`counts\` of a route: the sum over all lives of the actor of its source.

${rowsOf(ROUTE_COUNTERS)}

## The gateway

${rowsOf(GATEWAY_METRICS)}
`
}

function rowsOf(metrics: Readonly<Record<string, Metric>>): string {
  const rows = Object.entries(metrics).map(([path, { type, unit, help, name, labels }]) => [
    `\`${path}\``,
    unit === undefined ? type : `${type}, ${unit}`,
    help,
    name === undefined ? '–' : `\`${name}\`${shown(labels)}`,
  ])
  return table(['metric', 'type', 'meaning', 'telemetry'], rows)
}

function shown(labels: Metric['labels']): string {
  return Object.entries(labels ?? {})
    .map(([label, value]) => `, ${label}: ${value}`)
    .join('')
}
