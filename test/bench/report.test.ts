import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ResultRecord } from '../../bench/report/judge.js'
import { busyWarning, type Machine } from '../../bench/report/machine.js'
import { saveInPage } from '../../bench/report/page.js'
import { report, save } from '../../bench/report/save.js'
import { distance, plot } from '../../bench/report/svg.js'
import { summary, table } from '../../bench/report/table.js'

const record = (given: Partial<ResultRecord>): ResultRecord => ({
  scenario: 'subscribe',
  title: 'Subscribe',
  measure: 'host-cpu-ratio',
  unit: 'ratio',
  gateway: { hostMicros: 1 },
  plain: { hostMicros: 4 },
  ratio: 0.25,
  value: 0.25,
  spread: [0.2, 0.3],
  goal: { limit: 0.3, direction: 'at-most' },
  met: true,
  ...given,
})
const missed = record({
  measure: 'throughput-ratio',
  value: 0.7,
  goal: { limit: 1, direction: 'at-least' },
  met: false,
})
const machine: Machine = {
  node: '20.0.0',
  v8: '11',
  platform: 'linux x64',
  kernel: '6.1',
  cpu: 'A <fast> & "new" one',
  cores: 2,
  memoryGb: 8,
  loadBefore: 0.1,
}

describe('the table', () => {
  test('says what is met and what is missed, in aligned columns', () => {
    expect(table([record({}), missed])).toBe(
      [
        'scenario   measure     median       rounds    goal',
        '─────────  ──────────  ──────  ───────────  ──────  ──────',
        'subscribe  host CPU      0.25  0.20 … 0.30  ≤ 0.30  met',
        '           throughput    0.70  0.20 … 0.30  ≥ 1.00  MISSED',
      ].join('\n'),
    )
  })

  test('says so when something could not be measured, and claims nothing without a goal', () => {
    const lines = table([
      record({ value: null, spread: null, met: null }),
      record({ scenario: 'other', measure: 'duration', unit: 'ms', value: 123.4, goal: null, met: null }),
    ]).split('\n')
    expect(lines[2]).toMatch(/–.*not measured$/)
    expect(lines[3]).toMatch(/123 ms.*0\.20 … 0\.30$/)
  })

  test('counts the goals that were judged', () => {
    expect(summary([record({}), missed, record({ goal: null, met: null })])).toBe('1 of 2 goals met')
  })
})

describe('the plot', () => {
  test('bars go left as far as a goal is exceeded and right as far as it is missed', () => {
    const at = (value: number, direction: 'at-most' | 'at-least') =>
      distance({ value, goal: { limit: 1, direction } })
    expect(at(1, 'at-most')).toBeCloseTo(0)
    expect(at(0.25, 'at-most')).toBeCloseTo(-0.5)
    expect(at(4, 'at-most')).toBeCloseTo(0.5)
    expect(at(4, 'at-least')).toBeCloseTo(-0.5)
    expect(at(0.25, 'at-least')).toBeCloseTo(0.5)
  })

  test('values beyond the scale, and zero, stay within the picture', () => {
    const at = (value: number, direction: 'at-most' | 'at-least') =>
      distance({ value, goal: { limit: 1, direction } })
    expect([at(0, 'at-most'), at(1e9, 'at-most'), at(-3, 'at-most')]).toEqual([-1, 1, -1])
    expect([at(0, 'at-least'), at(1e9, 'at-least')]).toEqual([1, -1])
  })

  test('has a bar for each goal that was judged and for nothing else', () => {
    const unjudged = record({ goal: null, met: null })
    const svg = plot([record({}), missed, unjudged, record({ value: null })], machine, '2026-01-02')
    expect(svg.match(/class="met"/g)).toHaveLength(1)
    expect(svg.match(/class="missed"/g)).toHaveLength(1)
  })

  test('text of the machine cannot break the markup', () => {
    const svg = plot([record({ title: '<b>' })], machine, '2026-01-02')
    expect(svg).toContain('A &lt;fast&gt; &amp; &quot;new&quot; one')
    expect(svg).not.toContain('<b>')
  })
})

describe('the machine', () => {
  test('a busy one is warned of', () => {
    expect(busyWarning({ loadBefore: 0.4, cores: 2 })).toBeUndefined()
    expect(busyWarning({ loadBefore: 3, cores: 2 })).toContain('load 3.0 on 2 cores')
  })
})

describe('saving', () => {
  test('writes a JSON file and a plot that say the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nemo-bench-'))
    try {
      const run = report(machine, [record({ value: 0.123456 })], [], new Date('2026-01-02T03:04:05Z'))
      const results = pathToFileURL(join(folder, 'results/'))
      await save(run, results)
      const read = JSON.parse(await readFile(new URL('latest.json', results), 'utf8'))
      expect(read).toMatchObject({ measuredAt: '2026-01-02', machine, failures: [] })
      expect(read.results[0]).toMatchObject({ scenario: 'subscribe', value: 0.1235 })
      expect(await readFile(new URL('latest.svg', results), 'utf8')).toContain('0.12 (≤ 0.30)')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('writes what is kept into the page, and nothing else of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nemo-bench-'))
    try {
      const results = pathToFileURL(join(folder, 'results/'))
      const page = pathToFileURL(join(folder, 'page.md'))
      await save(report(machine, [record({})], [], new Date('2026-01-02T03:04:05Z')), results)
      await writeFile(page, 'before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n')
      await saveInPage(new URL('latest.json', results), page)
      const text = await readFile(page, 'utf8')
      expect(text).toMatch(/^before\n<!-- bench -->\nMeasured on 2026-01-02 with Node 20\.0\.0/)
      expect(text).toMatch(/subscribe {2}host CPU .* met\n```\n<!-- \/bench -->\nafter\n$/)
      await writeFile(page, 'no markers')
      await expect(saveInPage(new URL('latest.json', results), page)).rejects.toThrow('markers')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
