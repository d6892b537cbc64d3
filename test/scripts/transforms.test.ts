import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../support/wait-for.js'
import { folderOf, gatewayOf, scriptOf } from './support.js'

const HANDLERS = `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export const twice = ({ topic, payload }) => ({ topic, twice: 2 * payload })
export const big = (value) => (value.twice > 10 ? value : undefined)
export const late = async ({ payload }) => { await sleep((7 * payload) % 5); return payload }
export const fussy = ({ payload }) => { if (payload === 'bad') throw new Error('not this one'); return payload }
export const deadly = ({ payload }) => { if (payload === 'die') process.exit(1); return payload }
export const endless = ({ payload }) => { while (payload === 'spin'); return payload }
export const where = async ({ payload }, { method, gateway }) => {
  await gateway.publish('bus', 'seen', payload)
  return method
}
`
const script = (name: string) => ({ type: 'script', function: `script.s.${name}` })
const bus = { integrations: { bus: { type: 'memory' } } }

async function withScript(settings: object = {}, more: object = {}) {
  const made = await scriptOf(HANDLERS, [], settings, { ...bus, ...more } as never)
  const { gateway } = made
  const subscribe = async (...transforms: readonly unknown[]) => {
    const subscription = await gateway.pubsub('bus').subscribe('in', { transform: transforms as never })
    return {
      put: async (...values: readonly unknown[]) => {
        for (const value of values) await gateway.pubsub('bus').publish('in', value)
      },
      next: async () => (await subscription.recv())!,
    }
  }
  return { ...made, subscribe }
}

describe('a function of a script as a transform', () => {
  test('replaces messages or drops them, among other transforms', async () => {
    const { subscribe } = await withScript()
    const { put, next } = await subscribe(script('twice'), script('big'), '.twice')
    await put(1, 6, 2, 7)
    expect([(await next()).value, (await next()).value]).toEqual([12, 14])
  })

  test('keeps the order of messages that take different times', async () => {
    const { subscribe } = await withScript({ threads: 3, concurrent: 5 })
    const { put, next } = await subscribe(script('late'))
    const numbers = Array.from({ length: 500 }, (_, number) => number)
    await put(...numbers)
    const seen: unknown[] = []
    while (seen.length < numbers.length) seen.push((await next()).value)
    expect(seen).toEqual(numbers)
  })

  test('gets the context of the script', async () => {
    const { gateway, subscribe } = await withScript()
    const seen = await gateway.pubsub('bus').subscribe('seen')
    const { put, next } = await subscribe(script('where'))
    await put(5)
    expect((await next()).value).toBe('bus')
    expect((await seen.recv())!.value).toBe(5)
  })

  test('fails for one message, and goes on with the next', async () => {
    const { subscribe } = await withScript({ threads: 1, timeout: '2s' })
    for (const [name, poison, reason] of [
      ['fussy', 'bad', 'script.s.fussy: not this one'],
      ['deadly', 'die', 'script.s.deadly: the actor crashed: the thread ended with code 1'],
      ['endless', 'spin', 'script.s.endless: script.s.endless timed out'],
    ] as const) {
      const { put, next } = await subscribe(script(name))
      await put(poison, 'good')
      const failed = await next()
      expect(() => failed.value).toThrow(reason)
      expect((await next()).value).toBe('good')
    }
  })

  test('waits for threads that others have taken', async () => {
    const { gateway, subscribe } = await withScript(
      { threads: 1, queue: 1, timeout: '1500ms' },
      { actions: { spin: { type: 'script', config: { function: 'script.s.endless' } } } },
    )
    const { put, next } = await subscribe(script('fussy'))
    const spins = Array.from({ length: 2 }, () => gateway.action('spin').run({ payload: 'spin' }))
    await put('a', 'b')
    await Promise.allSettled(spins)
    expect([(await next()).value, (await next()).value]).toEqual(['a', 'b'])
  })

  test('transforms data, routes and queues; a message of a queue that fails becomes a dead letter', async () => {
    const { gateway } = await withScript(
      {},
      {
        data: {
          prices: { type: 'subscription', integration: 'bus', topic: 'prices', transform: [script('twice')] },
          jobs: {
            type: 'queue',
            integration: 'bus',
            queue: 'jobs',
            dead_letter: 'dead',
            transform: [script('fussy')],
          },
        },
        routes: {
          r: {
            from: { integration: 'bus', queue: 'from' },
            to: { integration: 'bus', queue: 'to' },
            transform: [script('fussy')],
            dead_letter: { integration: 'bus', queue: 'unroutable' },
          },
        },
      },
    )
    await waitFor(() => gateway.data('prices').status === 'connected', { what: () => 'the data' })
    await gateway.pubsub('bus').publish('prices', 4)
    await waitFor(() => gateway.data('prices').value !== undefined, { what: () => 'a price' })
    expect(gateway.data('prices').value).toEqual({ topic: 'prices', twice: 8 })
    const queue = gateway.queue('bus')
    for (const value of ['bad', 'good'])
      await Promise.all([queue.send('jobs', value), queue.send('from', value)])
    await waitFor(() => gateway.data('jobs').value === 'good', { what: () => 'a job' })
    expect((await queue.receive('dead', { timeout: '10s' }))?.value).toBe('bad')
    expect((await queue.receive('to', { timeout: '10s' }))?.value).toBe('good')
    expect((await queue.receive('unroutable', { timeout: '10s' }))?.value).toBe('bad')
  })

  test('loses no message of a queue when the actor crashes', async () => {
    const { gateway } = await withScript(
      { threads: 2, concurrent: 4 },
      {
        integrations: {
          bus: {
            type: 'memory',
            chaos: { fault: 'throw', every: '150ms' },
            supervision: { max_restarts: 10_000, backoff: '10ms' },
          },
          out: { type: 'memory' },
        },
        routes: {
          r: {
            from: { integration: 'bus', queue: 'from' },
            to: { integration: 'out', queue: 'to' },
            transform: [script('late')],
          },
        },
      },
    )
    const numbers = Array.from({ length: 300 }, (_, number) => number)
    const queue = gateway.queue('bus')
    await Promise.all(numbers.map((number) => queue.send('from', number)))
    const left = new Set<unknown>(numbers)
    const arrivals = gateway.queue('out').consume('to', { concurrency: 16 })
    void arrivals.each(({ value }) => void left.delete(value))
    await waitFor(() => left.size === 0, { what: () => `the rest: ${[...left]}` })
    await arrivals.close()
  })

  test('does not hold up a shutdown', async () => {
    const { gateway, subscribe } = await withScript({ threads: 1 })
    const { put, next } = await subscribe(script('endless'))
    await put('good', 'spin', 'never')
    expect((await next()).value).toBe('good')
    await gateway.shutdown({ timeout: 500 })
  })

  test('is loaded again when the script changes', async () => {
    const { folder, subscribe, events } = await withScript()
    const { put, next } = await subscribe(script('fussy'))
    await put(1)
    expect((await next()).value).toBe(1)
    await writeFile(join(folder, 'handlers.mjs'), 'export const fussy = ({ payload }) => payload + 10')
    await waitFor(() => events.includes('script:reloaded'), { what: () => 'the event' })
    await put(1)
    expect((await next()).value).toBe(11)
  })

  test('must exist', async () => {
    const { gateway } = await withScript()
    const subscribe = (transform: object) =>
      gateway.pubsub('bus').subscribe('in', { transform: transform as never })
    await expect(subscribe({ type: 'script', function: 'script.t.fussy' })).rejects.toThrow(
      'there is no script "t"; expected one of s',
    )
    await expect(subscribe({ type: 'script', function: 'fussy' })).rejects.toThrow('script.NAME.FUNCTION')
    const folder = await folderOf({ 'handlers.mjs': HANDLERS })
    const data = { type: 'subscription', integration: 'bus', topic: 't', transform: [script('gone')] }
    const config = { ...bus, scripts: { s: { path: join(folder, 'handlers.mjs') } }, data: { d: data } }
    await expect(gatewayOf(config as never)).rejects.toThrow('exports no function "gone"')
  })
})
