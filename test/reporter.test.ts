import { Console } from 'node:console'
import { PassThrough } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { Reporter } from '../src/reporter.js'
import { settled } from '../src/testing/index.js'

const record = { level: 'warn', message: 'm', integration: 'i', field: 1 } as const
const started = { integration: 'i' }

afterEach(() => vi.restoreAllMocks())

test.each([
  [
    'throws',
    () => {
      throw new Error('no')
    },
  ],
  ['rejects', () => Promise.reject(new Error('no'))],
])('a logger that %s disturbs nothing and is reported once', async (_what, logger) => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const reporter = new Reporter(logger as never)
  reporter.log(record)
  reporter.log(record)
  await settled()
  expect(warned.mock.calls).toEqual([['the logger failed: no', 'NemoGatewayWarning']])
})

test('what a listener throws or rejects with is logged, and the other listeners are told', async () => {
  const lines: unknown[] = []
  const reporter = new Reporter((line) => void lines.push(line))
  reporter.on('actor:started', () => {
    throw new Error('one')
  })
  reporter.on('actor:started', (async () => {
    throw new Error('two')
  }) as () => void)
  const told: unknown[] = []
  reporter.on('actor:started', (event) => told.push(event))
  reporter.emit('actor:started', started)
  await settled()
  expect(told).toEqual([started])
  const failed = { level: 'error', message: 'a listener of "actor:started" failed' }
  expect(lines).toEqual([
    { ...failed, error: 'one' },
    { ...failed, error: 'two' },
  ])
})

test('a listener of `log` that logs does not go round in circles', () => {
  const reporter = new Reporter(() => {})
  reporter.on('log', () => {
    throw new Error('always')
  })
  expect(() => reporter.log(record)).not.toThrow()
})

test('an object with methods gets the message first, one of pino the fields first', () => {
  const calls: unknown[][] = []
  const methods = { warn: (...args: unknown[]) => void calls.push(args), info: () => {} }
  new Reporter(methods).write(record)
  new Reporter({ ...methods, bindings: () => ({}) } as never).write(record)
  new Reporter(methods).write({ level: 'warn', message: 'bare' })
  const fields = { integration: 'i', field: 1 }
  expect(calls).toEqual([['m', fields], [fields, 'm'], ['bare']])
})

test('a console writes the message and the fields', () => {
  const stream = new PassThrough({ encoding: 'utf8' })
  const reporter = new Reporter(new Console(stream))
  reporter.write(record)
  reporter.report({ kind: 'actor:started', ...started })
  expect(stream.read()).toBe("m { integration: 'i', field: 1 }\nactor:started { integration: 'i' }\n")
})

test('a method that is missing is replaced by `info`', () => {
  const lines: unknown[] = []
  new Reporter({ info: (...args: unknown[]) => void lines.push(args[0]) }).write({
    ...record,
    level: 'debug',
  })
  expect(lines).toEqual(['m'])
})
