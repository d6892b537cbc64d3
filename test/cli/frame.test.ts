import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { EventLog } from '../../src/cli/event-log.js'
import { type Frame, renderFrame, timeOfDay } from '../../src/cli/frame.js'
import { Rates, rowKey } from '../../src/cli/rates.js'
import type { ViewRow } from '../../src/cli/view-source.js'

const row = (name: string, more: Partial<ViewRow> = {}): ViewRow => ({
  name,
  type: 'mqtt',
  state: 'connected',
  breaker: 'closed',
  received: 0,
  sent: 0,
  errors: 0,
  restarts: 0,
  ...more,
})

const NOON = new Date(2026, 0, 1, 12, 0, 0).getTime()

const frame = (more: Partial<Frame> = {}): Frame => ({
  title: 'nemo-gateway  gateway.hcl',
  rows: [],
  rates: new Map(),
  events: [],
  lastEvents: new Map(),
  columns: 120,
  height: 30,
  color: false,
  ...more,
})

test('a frame is a table and the last events below it', () => {
  const events = row('events', { errors: 3, restarts: 12 })
  const edge: ViewRow = { ...row('edge'), type: 'mqtt broker :1883', state: 'running' }
  const { breaker: _, ...broker } = edge
  const crash = {
    at: NOON,
    integration: 'events',
    text: 'crashed: boom; restarted in 38 ms',
    level: 'warn',
  } as const
  const lines = renderFrame(
    frame({
      rows: [events, broker],
      rates: new Map([[rowKey(events), { in: 12_345, out: 0.5 }]]),
      events: [crash],
      lastEvents: new Map([['events', crash]]),
    }),
  )
  expect(lines.map((line) => line.trimEnd())).toEqual([
    'nemo-gateway  gateway.hcl',
    'NAME    TYPE               STATE      BREAKER  IN/S  OUT/S  ERRORS  RESTARTS  LAST EVENT',
    'events  mqtt               connected  closed    12k    0.5       3        12  12:00:00 crashed: boom; restarted in 38 ms',
    'edge    mqtt broker :1883  running    -           -      -       -         0',
    '',
    '12:00:00 events crashed: boom; restarted in 38 ms',
  ])
})

test('no line is wider than the terminal and no frame higher, with and without colours', () => {
  const rows = Array.from({ length: 50 }, (_, index) => row(`integration-${index}`, { state: 'failed' }))
  const events = Array.from({ length: 20 }, (_, index) => ({
    at: NOON,
    integration: `integration-${index}`,
    text: 'given up: '.repeat(30),
    level: 'error' as const,
  }))
  for (const color of [true, false])
    for (const columns of [1, 20, 80, 200])
      for (const height of [5, 10, 60]) {
        const lines = renderFrame(frame({ rows, events, columns, height, color }))
        expect(lines.length).toBeLessThanOrEqual(height)
        expect(Math.max(...lines.map((line) => stripVTControlCharacters(line).length))).toBeLessThanOrEqual(
          columns,
        )
      }
})

test('colours change nothing but the colour', () => {
  const rows = [row('a', { state: 'reconnecting', breaker: 'open', errors: 1 })]
  const coloured = renderFrame(frame({ rows, color: true }))
  expect(coloured.join('\n')).not.toBe(renderFrame(frame({ rows })).join('\n'))
  expect(coloured.map((line) => stripVTControlCharacters(line))).toEqual(renderFrame(frame({ rows })))
})

test('rows that do not fit are counted', () => {
  const rows = Array.from({ length: 10 }, (_, index) => row(`i${index}`))
  expect(renderFrame(frame({ rows, height: 8 }))).toContain('… and 6 more')
})

test('rates are taken over two seconds', () => {
  const rates = new Rates()
  const at = (received: number, sent: number, ms: number) =>
    rates.observe([row('a', { received, sent })], ms).get('mqtt a')
  expect(at(100, 0, 0)).toEqual({ in: 0, out: 0 })
  expect(at(200, 50, 1_000)).toEqual({ in: 100, out: 50 })
  expect(at(200, 250, 2_000)).toEqual({ in: 50, out: 125 })
  expect(at(200, 250, 4_500)).toEqual({ in: 0, out: 0 })
})

test('a crash and its restart are one event', () => {
  const log = new EventLog()
  log.add(
    { level: 'warn', message: 'actor:crashed', integration: 'a', reason: 'boom', restartInMs: 30 },
    NOON,
  )
  expect(log.last(5).map(({ text }) => text)).toEqual(['crashed: boom; restarts in 30 ms'])
  log.add({ level: 'info', message: 'actor:restarted', integration: 'a', restarts: 1 }, NOON + 38)
  log.add({ level: 'info', message: 'connection:changed', integration: 'a', state: 'connecting' }, NOON + 39)
  log.add({ level: 'info', message: 'connection:changed', integration: 'a', state: 'connected' }, NOON + 40)
  expect(log.last(5).map(({ text }) => text)).toEqual(['crashed: boom; restarted in 38 ms'])
  expect(log.lastOf('a')?.at).toBe(NOON)
  log.add({ level: 'debug', message: 'detail', integration: 'a' }, NOON + 41)
  log.add({ level: 'warn', message: 'said\u001b[2J', integration: 'a', why: 'x\ny' }, NOON + 42)
  expect(log.last(1)[0]!.text).toBe('said [2J why=x y')
})

test('the time of day has two digits each', () => {
  expect(timeOfDay(new Date(2026, 0, 1, 4, 2, 1).getTime())).toBe('04:02:01')
})

test.each([1, 2, 3, 4, 5, 8])('a frame is never higher than a terminal of %i lines, nor wider', (height) => {
  const rows = ['a', 'b', 'c'].map((name) => row(name))
  const event = { at: NOON, integration: 'a', text: 'started', level: 'info' } as const
  for (const columns of [0, 1, 2, 10, 80]) {
    const lines = renderFrame(frame({ rows, events: [event], height, columns }))
    expect(lines.length).toBeLessThanOrEqual(height)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns)
  }
})

test('where there is no room for the heads, a row is shown in their place', () => {
  const lines = renderFrame(frame({ rows: [row('a')], height: 2 }))
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['nemo-gateway', 'a'])
})
