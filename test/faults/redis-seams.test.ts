import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { type DeadMessage, Gateway } from '../../src/index.js'
import { startRedis } from '../support/redis-server.js'
import { waitFor } from '../support/wait-for.js'
import { connected } from './support/kill.js'

/** Two integrations of one server, and a plain client that sees what the server has. */
async function pair(given: object = {}) {
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const client = new Redis({ port: server.port })
  onTestFinished(() => client.disconnect())
  const integration = { type: 'redis', endpoint: { address: `127.0.0.1:${server.port}` }, ...given }
  const gateway = await Gateway.start({ integrations: { one: integration, two: integration } })
  onTestFinished(() => gateway.shutdown({ timeout: 0 }))
  await connected(gateway, 'one', 'two')
  return { server, client, gateway }
}

test('an oversize entry is one dead letter; it ends no connection and stays at the server', async () => {
  const { client, gateway } = await pair({ limits: { frame: '100KB' } })
  const dead: DeadMessage[] = []
  const states: string[] = []
  gateway.on('message:dead', (letter) => dead.push(letter))
  gateway.on('connection:changed', ({ state }) => states.push(state))
  const got: unknown[] = []
  const consumer = gateway.queue('one').consume('jobs')
  void consumer.each((message) => void got.push(message.value))
  await client.xadd('jobs', '*', 'payload', JSON.stringify('x'.repeat(1_000_000)))
  await gateway.queue('two').send('jobs', 'small')
  await waitFor(() => got.length === 1 && dead.length === 1, {
    what: () => `one of each: ${got.length}, ${dead.length}`,
  })
  expect(got).toEqual(['small'])
  expect(dead[0]).toMatchObject({ integration: 'one', queue: 'jobs' })
  expect(dead[0]!.reason).toMatch(/1000002 bytes/)
  // The event of the first connection may come after the status.
  expect(states.filter((state) => state !== 'connected')).toEqual([])
  await expect.poll(() => client.xlen('jobs')).toBe(1)
  expect(((await client.xpending('jobs', 'nemo-workers')) as unknown[])[0]).toBe(0)
})

test('entries of other senders are read as objects, and stay', async () => {
  const { client, gateway } = await pair()
  for (let n = 0; n < 300; n++) await client.xadd('events', '*', 'user', `u${n}`, 'action', 'login')
  const got: unknown[] = []
  const consumer = gateway.queue('one').consume('events', { concurrency: 50 })
  void consumer.each((message) => void got.push(message.value))
  await waitFor(() => got.length === 300, { what: () => `all: ${got.length}` })
  await consumer.close()
  expect(got[7]).toEqual({ user: 'u7', action: 'login' })
  expect(await client.xlen('events')).toBe(300)
})

test('calls are answered again soon after the server was flushed', async () => {
  const { client, gateway } = await pair()
  const server = gateway.server('one')
  server.register('echo', (value) => value)
  await server.serve()
  expect(await gateway.rpc('two').call('echo', 1)).toBe(1)
  for (let round = 0; round < 3; round++) {
    await client.flushall()
    await waitFor(
      async () => {
        const answer = gateway.rpc('two').call('echo', round, { timeout: '1s' })
        return (await answer.catch(() => undefined)) === round
      },
      { what: `an answer after flush ${round}` },
    )
  }
})
