import { expect, test } from 'vitest'
import { liveOutput } from '../../src/cli/output.js'
import type { Terminal } from '../../src/cli/terminal.js'
import type { ViewRow } from '../../src/cli/view-source.js'
import { StepClock } from '../support/step-clock.js'

const HIDE = '\u001b[?25l'
const SHOW = '\u001b[?25h'

function begin() {
  const written: string[] = []
  const size = { columns: 100, rows: 20 }
  const terminal: Terminal = {
    out: (text) => written.push(text),
    err: () => {},
    readerGone: new AbortController().signal,
    isLive: true,
    colorOut: false,
    colorErr: false,
    size: () => size,
  }
  const clock = new StepClock()
  const output = liveOutput('title', terminal, clock)
  let row: ViewRow = {
    name: 'a',
    type: 'mqtt',
    state: 'connecting',
    received: 0,
    sent: 0,
    errors: 0,
    restarts: 0,
  }
  output.begin({ rows: () => [row] })
  const become = (state: string) => {
    row = { ...row, state }
  }
  return { written, clock, output, become, size }
}

test('it is redrawn in place as time goes by', async () => {
  const { written, clock, become } = begin()
  expect(written[0]).toBe(HIDE)
  expect(written[1]).toContain('connecting')
  become('connected')
  await clock.advance(250)
  expect(written).toHaveLength(3)
  expect(written[2]).toContain('connected')
  // The title, the heads and a row are gone over again.
  expect(written[2]!.startsWith('\u001b[3A\r')).toBe(true)
})

test('after a resize it begins again in the corner, since a terminal wraps lines that became too long', async () => {
  const { written, clock, size } = begin()
  size.columns = 10
  await clock.advance(250)
  expect(written.at(-1)!.startsWith('\u001b[H\r\u001b[2Ktitle')).toBe(true)
  await clock.advance(250)
  expect(written.at(-1)!.startsWith('\u001b[3A\r')).toBe(true)
})

test('the end draws the last frame, gives the cursor back and draws no more', async () => {
  const { written, clock, output, become } = begin()
  output.ending()
  expect(written.at(-1)).toContain('stopping')
  become('disconnected')
  output.end()
  expect(written.at(-2)).toContain('disconnected')
  expect(written.at(-1)).toBe(SHOW)
  const before = written.length
  await clock.advance(1_000)
  output.end()
  output.abandon()
  expect(written).toHaveLength(before)
})

test('a process that ends at once gives the cursor back, too', () => {
  const { written, output } = begin()
  output.abandon()
  expect(written.at(-1)).toBe(SHOW)
})
