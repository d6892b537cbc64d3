import { beforeEach, describe, expect, it } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { bytes, connected } from './fixture.js'
import { testServer } from './server.js'

const { server, client, consumer } = await testServer()
beforeEach(() => client.flushall())

const GROUP = 'nemo-workers'
/** How many entries the group has delivered and not acknowledged. */
const pending = async (queue: string) => Number(((await client.xpending(queue, GROUP)) as unknown[])[0])

/** Ends the connections of a consumer as the death of its process would. */
async function killed({ context }: Awaited<ReturnType<typeof consumer>>): Promise<void> {
  for (const line of String(await client.client('LIST')).split('\n')) {
    const id = new RegExp(`^id=(\\d+) .* name=${context.clientId}:`).exec(line)?.[1]
    if (id !== undefined) await client.client('KILL', 'ID', id)
  }
  await until(() => context.lost.length === 1, 'the loss')
}

describe('entries', () => {
  it('are what a plain client sees: a payload, and headers as fields', async () => {
    const { adapter } = await connected(server.port)
    const id = await adapter.queue!.enqueue(
      'jobs',
      bytes('x'),
      { headers: { a: 'ü', payload: 'p' } },
      within(),
    )
    expect(await client.xrange('jobs', '-', '+')).toEqual([
      [id, ['payload', 'x', 'a', 'ü', 'payload', 'p', 'nemo:sent', '1']],
    ])
    const { sink, consuming } = await consumer()
    consuming.request(1)
    await until(() => sink.messages.length === 1, 'the entry')
    expect(sink.texts).toEqual(['x'])
    expect(sink.messages[0]).toMatchObject({ id, topic: 'jobs', attempt: 1, redelivered: false })
    expect(sink.messages[0]!.headers).toEqual({ a: 'ü', payload: 'p' })
  })

  it('of a foreign sender are delivered too, whatever their fields', async () => {
    await client.xadd('jobs', '*', 'body', 'from elsewhere', '__proto__', 'h')
    const { sink, consuming } = await consumer({ payload_field: 'body' })
    consuming.request(5)
    await until(() => sink.messages.length === 1, 'the entry')
    expect(sink.texts).toEqual(['from elsewhere'])
    expect(Object.entries(sink.messages[0]!.headers!)).toEqual([['__proto__', 'h']])
    await client.xadd('jobs', '*', 'other', '1')
    await until(() => sink.messages.length === 2, 'an entry without payload')
    expect(JSON.parse(sink.texts[1]!)).toEqual({ other: '1' })
    expect(sink.messages[1]!.headers).toBeUndefined()
  })

  it('are delivered on demand alone', async () => {
    const { adapter, sink, consuming } = await consumer()
    for (let n = 0; n < 6; n++) await adapter.queue!.enqueue('jobs', bytes(`${n}`), {}, within())
    consuming.request(2)
    consuming.request(1)
    await until(() => sink.messages.length === 3, 'what was asked for')
    await adapter.queue!.enqueue('jobs', bytes('6'), {}, within())
    expect(await pending('jobs')).toBe(3)
    expect(sink.texts).toEqual(['0', '1', '2'])
  })

  it('that were there before the group count, unless it begins with the newest', async () => {
    await client.xadd('jobs', '*', 'payload', 'old')
    const newest = await consumer({ start_from: 'newest', consumer_group: 'late' })
    newest.consuming.request(1)
    const oldest = await consumer()
    oldest.consuming.request(1)
    await until(() => oldest.sink.messages.length === 1, 'the old entry')
    await client.xadd('jobs', '*', 'payload', 'new')
    await until(() => newest.sink.messages.length === 1, 'the new entry')
    expect([oldest.sink.texts, newest.sink.texts]).toEqual([['old'], ['new']])
  })

  it('that are sent with a delay come when they are due, and survive whoever sent them', async () => {
    const sender = await connected(server.port)
    await sender.adapter.queue!.enqueue(
      'jobs',
      bytes('later'),
      { delayMs: 400, headers: { h: '1' } },
      within(),
    )
    await sender.adapter.disconnect()
    const { sink, consuming } = await consumer()
    consuming.request(2)
    await client.xadd('jobs', '*', 'payload', 'now')
    await until(() => sink.messages.length === 2, 'both')
    expect(sink.texts).toEqual(['now', 'later'])
    expect(sink.messages[1]!.headers).toEqual({ h: '1' })
    expect(await client.keys('{jobs}:nemo:{later,bodies}*')).toEqual([])
  })
})

describe('giving back', () => {
  it('delivers again at its time, with the attempt counted, to whoever is free', async () => {
    const one = await consumer()
    const two = await consumer()
    one.consuming.request(1)
    await client.xadd('jobs', '*', 'payload', 'x')
    await until(() => one.sink.messages.length === 1, 'the entry')
    two.consuming.request(1)
    await one.sink.messages[0]!.nack(0)
    await until(() => two.sink.messages.length === 1, 'the other has it')
    expect(two.sink.messages[0]).toMatchObject({ attempt: 2, redelivered: true })
    const before = Date.now()
    await two.sink.messages[0]!.nack(500)
    one.consuming.request(1)
    await until(() => one.sink.messages.length === 2, 'it comes back')
    expect(Date.now() - before).toBeGreaterThanOrEqual(495)
    expect(one.sink.messages[1]!.attempt).toBe(3)
    await one.sink.messages[1]!.ack()
    expect(await pending('jobs')).toBe(0)
  })

  it('for longer than claim_after is not cut short by a claim', async () => {
    const { sink, consuming } = await consumer({ claim_after: 100, block: 20 })
    consuming.request(10)
    await client.xadd('jobs', '*', 'payload', 'x')
    await until(() => sink.messages.length === 1, 'the entry')
    const before = Date.now()
    await sink.messages[0]!.nack(2_500)
    await until(() => sink.messages.length === 2, 'it comes back')
    expect(Date.now() - before).toBeGreaterThanOrEqual(2_495)
    expect(sink.messages[1]!.attempt).toBe(2)
  })

  it('by a consumer that closes while entries are on their way does not count as a delivery', async () => {
    const first = await consumer()
    first.consuming.request(3)
    await expect.poll(() => client.info('clients')).toMatch(/blocked_clients:1/)
    await first.consuming.close()
    await client.xadd('jobs', '*', 'payload', 'x')
    const second = await consumer()
    second.consuming.request(1)
    await until(() => second.sink.messages.length === 1, 'another has it')
    expect(second.sink.messages[0]!.attempt).toBe(1)
    expect(first.sink.messages).toEqual([])
  })

  it('settles once, and what was delivered may be settled after close', async () => {
    const { sink, consuming } = await consumer()
    consuming.request(1)
    await client.xadd('jobs', '*', 'payload', 'x')
    await until(() => sink.messages.length === 1, 'the entry')
    await consuming.close()
    await Promise.all([sink.messages[0]!.ack(), sink.messages[0]!.nack(0), sink.messages[0]!.ack()])
    expect(await pending('jobs')).toBe(0)
  })
})

describe('the dead', () => {
  it('have their entries claimed by another after a while', async () => {
    const dead = await consumer({}, 'jobs', 'dead')
    dead.consuming.request(5)
    for (const text of ['a', 'b']) await client.xadd('jobs', '*', 'payload', text)
    await until(() => dead.sink.messages.length === 2, 'two in hand')
    await killed(dead)
    const { sink, consuming } = await consumer({ claim_after: 300 })
    consuming.request(5)
    await until(() => sink.messages.length === 2, 'both are claimed')
    expect(sink.messages.map(({ attempt, redelivered }) => [attempt, redelivered])).toEqual([
      [2, true],
      [2, true],
    ])
  })

  it('are told from those who work for long', async () => {
    const working = await consumer({ claim_after: 300 })
    working.consuming.request(1)
    await client.xadd('jobs', '*', 'payload', 'long')
    await until(() => working.sink.messages.length === 1, 'one in hand')
    const idle = await consumer({ claim_after: 300 })
    idle.consuming.request(5)
    // Three times as long as it takes to be declared dead.
    await client.xadd('later', '*', 'payload', 'x')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(idle.sink.messages).toEqual([])
    await working.sink.messages[0]!.ack()
    expect(await pending('jobs')).toBe(0)
  })

  it('get their own entries back at once when they come to life again', async () => {
    const first = await consumer({}, 'jobs', 'phoenix')
    first.consuming.request(2)
    for (const text of ['a', 'b']) await client.xadd('jobs', '*', 'payload', text)
    await until(() => first.sink.messages.length === 2, 'two in hand')
    await killed(first)
    await expect(first.sink.messages[0]!.ack()).rejects.toMatchObject({ kind: 'ack' })
    const second = await consumer({}, 'jobs', 'phoenix')
    second.consuming.request(1)
    await until(() => second.sink.messages.length === 1, 'the first')
    second.consuming.request(5)
    await until(() => second.sink.messages.length === 2, 'the second')
    expect(second.sink.texts).toEqual(['a', 'b'])
    expect(second.sink.messages.map(({ attempt }) => attempt)).toEqual([2, 2])
  })

  it('letters: an entry that was delivered too often comes with the order to dead-letter it', async () => {
    const { sink, consuming } = await consumer({ max_deliveries: 2, dead_letter: 'morgue' })
    consuming.request(10)
    const id = await client.xadd('jobs', '*', 'payload', 'bad')
    for (const n of [1, 2, 3]) {
      await until(() => sink.messages.length === n, `delivery ${n}`)
      await sink.messages[n - 1]!.nack(0)
    }
    await until(() => sink.messages.length === 4, 'the delivery after a try that was refused')
    const order = {
      deadLetter: 'morgue',
      reason: 'not settled in 2 deliveries (config.max_deliveries)',
      attempts: 2,
      headers: { 'nemo-dead-from': 'jobs', 'nemo-dead-id': id, 'nemo-dead-deliveries': '2' },
    }
    expect(sink.messages.map(({ exhausted }) => exhausted)).toEqual([undefined, undefined, order, order])
  })
})
