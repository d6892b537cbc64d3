import { describe, expect, test } from 'vitest'
import { addressGroup, callerAddress } from '../../src/adapters/caller-address.js'
import { CallerRates, rateHeaders } from '../../src/adapters/caller-rates.js'
import { Refusals } from '../../src/adapters/refusals.js'
import type { RefusalReport } from '../../src/core/adapter/protocol-adapter.js'
import { ManualClock } from '../../src/testing/manual-clock.js'

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, ''],
])('%s counts as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group)
})

test('an IPv4 address that came as IPv6 is shown as IPv4', () => {
  expect(callerAddress('::ffff:10.1.2.3')).toBe('10.1.2.3')
})

describe('rates', () => {
  const settings = { requests: 10, perMs: 1000, burst: 5 }

  test('a caller has its burst, then its rate', async () => {
    const clock = new ManualClock()
    const rates = new CallerRates(settings, clock)
    for (let i = 0; i < 5; i++) expect(rates.admit('a').isAdmitted).toBe(true)
    expect(rates.admit('a')).toEqual({ isAdmitted: false, remaining: 0, waitMs: 100, resetMs: 500 })
    expect(rates.admit('b').isAdmitted).toBe(true)
    await clock.advance(100)
    expect(rates.admit('a').isAdmitted).toBe(true)
    await clock.advance(60_000)
    expect(rates.admit('a')).toMatchObject({ isAdmitted: true, remaining: 4 })
  })

  test('a batch is admitted whole, and later requests wait for it', async () => {
    const clock = new ManualClock()
    const rates = new CallerRates(settings, clock)
    expect(rates.admit('a', 25).isAdmitted).toBe(true)
    const { isAdmitted, waitMs } = rates.admit('a')
    expect([isAdmitted, waitMs]).toEqual([false, 2100])
    await clock.advance(2100)
    expect(rates.admit('a').isAdmitted).toBe(true)
  })

  test('callers beyond the limit are forgotten, the quietest first', () => {
    const rates = new CallerRates({ requests: 1, perMs: 1000, burst: 1 }, new ManualClock(), 2)
    for (const caller of ['a', 'b', 'a', 'c']) rates.admit(caller)
    expect(rates.admit('a').isAdmitted).toBe(false)
    expect(rates.admit('b').isAdmitted).toBe(true)
  })

  test('are in the header fields of the draft', () => {
    const allowance = { isAdmitted: false, remaining: 0, waitMs: 1500, resetMs: 9000 }
    expect(rateHeaders({ requests: 100, perMs: 60_000, burst: 10 }, allowance)).toEqual({
      'ratelimit-policy': '"requests";q=100;w=60',
      ratelimit: '"requests";r=0;t=9',
      'retry-after': '2',
    })
  })
})

test('refusals are reported one by one, then with their number', async () => {
  const clock = new ManualClock()
  const reports: RefusalReport[] = []
  const refusals = new Refusals({ clock, refused: (report) => void reports.push(report) })
  for (let i = 0; i < 1000; i++) refusals.add({ reason: 'a', method: 'm', address: '::ffff:1.2.3.4' })
  refusals.add({ reason: 'b', address: undefined })
  expect(reports).toHaveLength(20)
  expect(reports[0]).toEqual({ reason: 'a', method: 'm', address: '1.2.3.4', count: 1 })
  await clock.advance(1000)
  expect(reports.slice(20)).toEqual([
    { reason: 'a', count: 980 },
    { reason: 'b', count: 1 },
  ])
  await clock.advance(5000)
  refusals.add({ reason: 'c', address: '1.2.3.4' })
  expect(reports.at(-1)).toEqual({ reason: 'c', address: '1.2.3.4', count: 1 })
})
