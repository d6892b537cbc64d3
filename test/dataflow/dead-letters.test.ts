import { expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import type { GatewayReport } from '../../src/core/events.js'
import type { DataSettings } from '../../src/core/settings/data.js'
import { DataFlow } from '../../src/dataflow/flow.js'
import { Work } from '../../src/mailbox/work.js'

const JOBS: DataSettings = {
  type: 'queue',
  name: 'jobs',
  integration: 'bus',
  queue: 'jobs',
  update: { kind: 'replace' },
  transforms: [],
}

function flow(report: (report: GatewayReport) => void): DataFlow {
  const unused = () => {
    throw new Error('not used')
  }
  return new DataFlow(
    { data: [JOBS], actions: [], triggers: [] },
    {
      clock: systemClock,
      random: () => 0,
      work: new Work(systemClock),
      log: () => {},
      report,
      callScript: unused,
      integration: unused,
      connection: () => 'connected',
    },
  )
}

const dead = {
  kind: 'message:dead',
  integration: 'bus',
  queue: 'jobs',
  reason: 'not JSON',
  attempts: 1,
} as const

test('a message of the queue that dies is the error of the data, in its own words', () => {
  const reports: GatewayReport[] = []
  const data = flow((report) => reports.push(report))
  data.observe({ ...dead, bytes: new Uint8Array([1]) })
  expect(data.data('jobs')).toMatchObject({
    status: 'error',
    update: { error: { kind: 'serialize', message: 'not JSON', integration: 'bus' } },
  })
  expect(reports).toEqual([{ kind: 'data:failed', data: 'jobs', error: 'serialize', reason: 'not JSON' }])
})

test.each([
  ['was to be sent to the queue and has killed its actors', { value: 1 }],
  ['is of another queue', { queue: 'other', bytes: new Uint8Array([1]) }],
  ['is of another integration', { integration: 'other', bytes: new Uint8Array([1]) }],
  ['could not be delivered by a route', { route: 'r', bytes: new Uint8Array([1]) }],
])('a message that %s is not', (_, other) => {
  const reports: GatewayReport[] = []
  const data = flow((report) => reports.push(report))
  data.observe({ ...dead, ...other })
  expect(data.data('jobs').update).toBeUndefined()
  expect(reports).toEqual([])
})
