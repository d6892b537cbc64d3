import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.js'
import { scriptOf } from './support.js'

const FAULTY = `
export const echo = (value) => value
export const thread = async () => (await import('node:worker_threads')).threadId
export const spin = () => { for (;;); }
export const hang = () => new Promise(() => {})
export const exit = () => process.exit(3)
export const later = () => { setTimeout(() => { throw new Error('out of the blue') }, 1); return new Promise(() => {}) }
export const reject = () => { Promise.reject(new Error('nobody looks')); return new Promise(() => {}) }
export const nothing = () => { throw undefined }
export const text = () => { throw 'just text' }
export const proxy = () => { throw new Proxy(() => {}, { get() { throw new Error('no') }, getPrototypeOf() { throw new Error('no') } }) }
export const uncloneable = () => ({ inner: { method() {} } })
export const cyclic = () => { const a = {}; a.a = a; return a }
export const leak = async () => {
  const kept = []
  for (;;) { kept.push(Buffer.alloc(4 << 20, 1)); await new Promise((resolve) => setTimeout(resolve, 1)) }
}
export const leakInLoop = () => { const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1)) }
export const overflow = () => { const deeper = () => deeper() + 1; return deeper() }
`
const NAMES = [...FAULTY.matchAll(/export const (\w+)/g)].map((match) => match[1]!)

async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return promise.then(
    (value) => ({ value }),
    ({ kind, message, maybeExecuted }) => ({
      kind,
      message,
      ...(maybeExecuted !== undefined && { maybeExecuted }),
    }),
  )
}

describe('a handler of a script', async () => {
  test('in an endless loop ends at its time, and harms no other call', async () => {
    const { run, events } = await scriptOf(FAULTY, NAMES, { timeout: '1s', threads: 2 })
    const loop = failureOf(run('spin'))
    const others: number[] = []
    let isOver = false
    void loop.then(() => {
      isOver = true
    })
    while (!isOver) others.push(await run('echo', others.length))
    expect(await loop).toMatchObject({ kind: 'timeout', message: expect.stringContaining('script.s.spin') })
    expect(others).toEqual(others.map((_, index) => index))
    expect(others.length).toBeGreaterThan(1)
    await waitFor(() => events.includes('script:crashed'), { what: () => 'the thread to be ended' })
    expect(await run('echo', 'after')).toBe('after')
  })

  test.each([
    ['exit', { kind: 'actor-crashed', maybeExecuted: true, message: expect.stringContaining('code 3') }],
    [
      'later',
      { kind: 'actor-crashed', maybeExecuted: true, message: expect.stringContaining('out of the blue') },
    ],
    [
      'reject',
      { kind: 'actor-crashed', maybeExecuted: true, message: expect.stringContaining('nobody looks') },
    ],
    ['nothing', { kind: 'rpc', message: 'script.s.nothing: undefined' }],
    ['text', { kind: 'rpc', message: 'script.s.text: just text' }],
    ['proxy', { kind: 'rpc' }],
    ['overflow', { kind: 'rpc', message: expect.stringContaining('call stack') }],
    ['uncloneable', { kind: 'serialize', message: expect.stringContaining('$.inner.method') }],
    ['cyclic', { kind: 'serialize', message: expect.stringContaining('a cycle') }],
    [
      'leak',
      {
        kind: 'actor-crashed',
        maybeExecuted: true,
        message: expect.stringContaining('"memory" allows 64 MB'),
      },
    ],
    [
      'leakInLoop',
      { kind: 'actor-crashed', maybeExecuted: true, message: expect.stringContaining('"memory" allows') },
    ],
  ])('that does this fails typed, and the next call succeeds: %s', async (name, expected) => {
    const { run } = await scriptOf(FAULTY, NAMES, { threads: 1, memory: '64MB' })
    expect(await failureOf(run(name))).toMatchObject(expected)
    expect(await run('echo', 1)).toBe(1)
  })

  test('that ignores its signal has its thread ended; one that heeds it keeps the thread', async () => {
    const script = `${FAULTY}
export const heeds = (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))`
    const { run } = await scriptOf(script, [...NAMES, 'heeds'], { threads: 1, timeout: '300ms' })
    const threadAfter = async (name: string) => {
      const before = await run('thread').catch(() => undefined)
      const { kind } = await failureOf(run(name))
      const after = await run('thread').catch(() => undefined)
      if (before === undefined || after === undefined) return undefined
      return { kind, isSame: before === after }
    }
    // On a busy machine a thread may heed its signal too late, or be replaced too late for the next call.
    await expect.poll(() => threadAfter('heeds')).toEqual({ kind: 'timeout', isSame: true })
    await expect.poll(() => threadAfter('hang')).toEqual({ kind: 'timeout', isSame: false })
  })

  test('in a loop ends at its time also where it shares its thread', async () => {
    const { run } = await scriptOf(FAULTY, NAMES, { threads: 1, concurrent: 10, timeout: '600ms' })
    const outcomes = await Promise.all([failureOf(run('hang')), failureOf(run('spin'))])
    expect(outcomes).toMatchObject([{ kind: 'timeout' }, { kind: 'timeout' }])
    await expect.poll(() => run('echo', 2).catch(() => undefined)).toBe(2)
  })

  test('shares its thread with others: they are called again, or told that they may have been executed', async () => {
    const { run } = await scriptOf(FAULTY, NAMES, { threads: 1, concurrent: 10 })
    // The thread enters them in order, and dies in the second.
    const begun = failureOf(run('hang'))
    const fatal = failureOf(run('exit'))
    const later = [1, 2, 3].map((each) => run('echo', each))
    expect(await begun).toMatchObject({ kind: 'actor-crashed', maybeExecuted: true })
    expect(await fatal).toMatchObject({ kind: 'actor-crashed', maybeExecuted: true })
    expect(await Promise.all(later)).toEqual([1, 2, 3])
    expect(await run('echo', 2)).toBe(2)
  })
})

test('cannot require an ES module: a thread that is ended meanwhile would abort the process', async () => {
  const module = `import { createRequire } from 'node:module'
export const load = () => createRequire(import.meta.url)(import.meta.filename ?? new URL(import.meta.url).pathname)`
  const { run } = await scriptOf(module, ['load'])
  await expect(run('load')).rejects.toThrow(/require\(\) of ES Module/)
})
