import { expect, test } from 'vitest'
import { scriptOf } from './support.js'

const ECHO = `
export const slow = async (value) => { await new Promise((resolve) => setTimeout(resolve, 100)); return value }
const detached = () => { const bytes = new Uint8Array(4); structuredClone(bytes, { transfer: [bytes.buffer] }); return bytes }
export const proxy = () => ({ items: new Proxy([1, 2], {}) })
export const gone = () => [detached()]
export const publishProxy = (_, { gateway }) => gateway.publish('bus', 't', new Proxy([1], {})).then(() => 'published')
export const publishGone = (_, { gateway }) => gateway.publish('bus', 't', detached()).catch(({ kind }) => kind)
export const dies = () => { setTimeout(() => { throw new DOMException('told', 'AbortError') }); return new Promise(() => {}) }
`
const NAMES = [...ECHO.matchAll(/export const (\w+)/g)].map((match) => match[1]!)
const script = () => scriptOf(ECHO, NAMES, { threads: 1 }, { integrations: { bus: { type: 'memory' } } })

test('a call that waits for a thread takes a proxy, and refuses what cannot be cloned', async () => {
  const { run } = await script()
  const detached = new Uint8Array(4)
  structuredClone(detached, { transfer: [detached.buffer] })
  const first = run('slow', 1)
  const proxy = run('slow', { items: new Proxy([1, 2], {}) })
  const refused = expect(run('slow', { detached })).rejects.toMatchObject({ kind: 'serialize' })
  const last = run('slow', 3)
  expect(await Promise.all([first, proxy, last])).toEqual([1, { items: [1, 2] }, 3])
  await refused
})

test('a result and an operation take a proxy, and refuse what cannot be cloned', async () => {
  const { run, events } = await script()
  expect(await run('proxy')).toEqual({ items: [1, 2] })
  await expect(run('gone')).rejects.toMatchObject({ kind: 'serialize' })
  expect(await run('publishProxy')).toBe('published')
  expect(await run('publishGone')).toBe('serialize')
  expect(events).toEqual([])
})

test('the error that a thread dies of keeps its message', async () => {
  const { run } = await script()
  await expect(run('dies')).rejects.toMatchObject({
    kind: 'actor-crashed',
    message: expect.stringContaining('told'),
  })
})

test('a value that is too large does not cross to the host: a result, and one for the gateway', async () => {
  const large = `
export const bytes = ({ size }) => new Uint8Array(size)
export const rows = ({ size }) => Array.from({ length: size / 100 }, (_, n) => ({ n, text: 'x'.repeat(100) }))
export const publish = ({ size }, { gateway }) =>
  gateway.publish('bus', 't', 'x'.repeat(size)).then(() => 'published', ({ kind }) => kind)
`
  const more = { integrations: { bus: { type: 'memory' } } } as const
  const { run, events } = await scriptOf(large, ['bytes', 'rows', 'publish'], { max_result: '1MB' }, more)
  for (const name of ['bytes', 'rows'])
    await expect(run(name, { size: 1_100_000 })).rejects.toMatchObject({
      kind: 'serialize',
      message: expect.stringContaining('"max_result" of the script allows 1 MB'),
    })
  expect(await run('publish', { size: 1_100_000 })).toBe('serialize')
  expect((await run<Uint8Array>('bytes', { size: 1_000_000 })).byteLength).toBe(1_000_000)
  expect(await run('rows', { size: 100_000 })).toHaveLength(1_000)
  expect(await run('publish', { size: 1_000_000 })).toBe('published')
  expect(events).toEqual([])
})
