import { afterEach, describe, expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'

let gateway: Gateway | undefined
afterEach(async () => {
  await gateway?.shutdown({ timeout: 0 })
})

class Account {
  readonly user = 'ada'
  readonly password = 'unmistakable'
  toJSON() {
    return { user: this.user }
  }
}

/** What arrives of a value by each way that a value can take. */
async function ways(value: unknown): Promise<unknown[]> {
  gateway = await Gateway.start({ integrations: { m: { type: 'memory' } } })
  const seen: unknown[] = []
  const server = gateway.server('m')
  server.register('echo', (params) => {
    seen.push(params)
    return value
  })
  await server.serve()
  const subscription = await gateway.pubsub('m').subscribe('t')
  await gateway.pubsub('m').publish('t', value)
  await gateway.queue('m').send('q', value)
  const answer = await gateway.rpc('m').call('echo', value)
  const [batched] = await gateway.rpc('m').batch([{ method: 'echo', params: value }])
  const published = await subscription.recv()
  const queued = await gateway.queue('m').receive('q')
  return [...seen, answer, batched, published?.value, queued?.value]
}

describe('a value means what JSON.stringify would make of it', () => {
  test.each([
    ['a class with toJSON', new Account(), { user: 'ada' }],
    ['a URL inside of an object', { at: new URL('https://a.example/b') }, { at: 'https://a.example/b' }],
  ])('%s', async (_, value, expected) => {
    const seen = await ways(value)
    expect(seen).toEqual([expected, expected, expected, { ok: true, value: expected }, expected, expected])
    expect(JSON.stringify(seen)).not.toContain('unmistakable')
  })

  test('a Map is refused by its path, and its neighbours are sent', async () => {
    gateway = await Gateway.start({ integrations: { m: { type: 'memory' } } })
    const events = gateway.pubsub('m')
    const subscription = await events.subscribe('t')
    const [before, refused, after] = await Promise.allSettled([
      events.publish('t', 1),
      events.publish('t', { list: [{ of: new Map([[1, 2]]) }] }),
      events.publish('t', 2),
    ])
    expect([before.status, after.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(refused).toMatchObject({ status: 'rejected', reason: { kind: 'serialize' } })
    expect(String((refused as PromiseRejectedResult).reason)).toContain('$.list[0].of')
    expect([(await subscription.recv())?.value, (await subscription.recv())?.value]).toEqual([1, 2])
  })
})
