import { expect, test } from 'vitest'
import { RareWarning } from '../../src/adapters/rare-warning.js'
import type { LogRecord } from '../../src/core/telemetry.js'
import { ManualClock } from '../../src/testing/index.js'

test('a warning is logged at once, and then once in a period with its number', async () => {
  const clock = new ManualClock()
  const lines: LogRecord[] = []
  const warning = new RareWarning((line) => void lines.push(line), clock)
  for (let n = 1; n <= 300; n++) warning.add(`answer ${n}`)
  expect(lines).toEqual([{ level: 'warn', message: 'answer 1' }])
  await clock.advance(10_000)
  expect(lines.slice(1)).toEqual([{ level: 'warn', message: 'answer 300', count: 299 }])
  await clock.advance(20_000)
  expect(lines).toHaveLength(2)
  warning.add('another')
  expect(lines.at(-1)).toEqual({ level: 'warn', message: 'another' })
})
