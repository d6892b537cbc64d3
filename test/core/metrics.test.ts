import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  BROKER_METRICS,
  COUNTERS,
  GATEWAY_METRICS,
  INTEGRATION_METRICS,
  METRIC_CELLS,
  METRIC_FLAGS,
  type Metric,
} from '../../src/core/metrics.js'
import { Gateway } from '../../src/index.js'

const ALL: readonly (readonly [string, Metric])[] = [
  ...Object.entries<Metric>(INTEGRATION_METRICS),
  ...Object.entries<Metric>(COUNTERS),
  ...Object.entries<Metric>(BROKER_METRICS),
  ...Object.entries<Metric>(GATEWAY_METRICS),
]

let gateway: Gateway
beforeAll(async () => {
  gateway = await Gateway.start({
    brokers: { local: { type: 'memory' } },
    integrations: { local: { type: 'memory', endpoint: { address: 'local' } } },
  })
})
afterAll(() => gateway.shutdown())

/** The paths of all figures in a part of `gateway.metrics()`. */
function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'object' ? pathsOf(inner as object, `${prefix}${name}.`) : [`${prefix}${name}`],
  )
}

/** What a thing is and where, which is no figure. */
const IDENTITY = ['type', 'threadId', 'address', 'port']

test('the descriptions are of the figures that `gateway.metrics()` has, and of no other', () => {
  const { integrations, brokers, servers, ...rest } = gateway.metrics()
  const described = [
    ...Object.keys(INTEGRATION_METRICS).filter(
      (path) => path !== 'counts.errors' && !path.startsWith('pool.'),
    ),
    ...Object.keys(COUNTERS).map((name) => `counts.${name}`),
  ]
  const figures = (thing: object) => pathsOf(thing).filter((path) => !IDENTITY.includes(path))
  expect(figures(integrations.local!).sort()).toEqual(described.sort())
  expect(figures(brokers.local!).sort()).toEqual(Object.keys(BROKER_METRICS).sort())
  expect(pathsOf(rest)).toEqual(Object.keys(GATEWAY_METRICS))
  expect(servers).toEqual({})
})

test('every metric says what it means, and a name of telemetry ends as its type wants', () => {
  for (const [path, { help, name, type }] of ALL) {
    expect(help, path).toMatch(/\.$/)
    if (name === undefined) continue
    expect(name, path).toMatch(/^(nemo|messaging|rpc)_[a-z_]+$/)
    expect(name.endsWith('_total'), path).toBe(type === 'counter')
  }
})

test('no two metrics share a cell of shared memory', () => {
  expect(new Set(METRIC_CELLS).size).toBe(METRIC_CELLS.length)
  expect(new Set(METRIC_FLAGS).size).toBe(METRIC_FLAGS.length)
})

test('no two figures of an integration stand for the same series', () => {
  const series = [
    ...Object.entries<Metric>(INTEGRATION_METRICS),
    ...Object.entries<Metric>(COUNTERS),
  ].flatMap(([, { name, labels }]) => (name === undefined ? [] : [`${name} ${JSON.stringify(labels)}`]))
  expect(new Set(series).size).toBe(series.length)
})
