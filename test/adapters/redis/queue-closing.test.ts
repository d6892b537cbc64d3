import { beforeEach, describe, expect, it } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { bytes, connected, Deliveries } from './fixture.js'
import { testServer } from './server.js'

const { server, client, consumer } = await testServer()
beforeEach(() => client.flushall())

const GROUP = 'nemo-workers'

interface ConsumerInfo {
  readonly name: string
  readonly pending: number
}

async function members(stream = 'jobs'): Promise<ConsumerInfo[]> {
  const rows = (await client.xinfo('CONSUMERS', stream, GROUP)) as unknown[][]
  return rows.map((row) => ({ name: String(row[1]), pending: Number(row[3]) }))
}

const connections = async () => String(await client.client('LIST')).match(/ name=\S+:queue /g)?.length ?? 0

/** Waits until a read blocks at the server. */
const blocked = (count: number) =>
  expect.poll(() => client.info('clients')).toMatch(new RegExp(`blocked_clients:${count}\\r`))

describe('a delivery that nobody has seen', () => {
  it('goes to another consumer at once, and is no attempt', async () => {
    const [one, two] = [await consumer({ block: 60_000, keep_alive: 60_000 }), await consumer()]
    one.consuming.request(1)
    const id = await client.xadd('jobs', '*', 'payload', 'x')
    await until(() => one.sink.messages.length === 1, 'the entry')
    for (let round = 0; round < 5; round++) {
      const [from, to] = round % 2 === 0 ? [one, two] : [two, one]
      to.consuming.request(1)
      const { length } = to.sink.messages
      await from.sink.messages.at(-1)!.undelivered!()
      await until(() => to.sink.messages.length > length, `round ${round}`)
      expect(to.sink.messages.at(-1)).toMatchObject({ id, attempt: 1, redelivered: false })
    }
    await two.sink.messages.at(-1)!.nack(0)
    one.consuming.request(1)
    two.consuming.request(1)
    const all = () => [...one.sink.messages, ...two.sink.messages]
    await until(() => all().some(({ attempt }) => attempt === 2), 'the second attempt')
  })

  it('the first settlement wins', async () => {
    const { sink, consuming } = await consumer()
    consuming.request(1)
    await client.xadd('jobs', '*', 'payload', 'x')
    await until(() => sink.messages.length === 1, 'the entry')
    await sink.messages[0]!.ack()
    await sink.messages[0]!.undelivered!()
    await sink.messages[0]!.nack(0)
    expect((await client.xpending('jobs', GROUP))[0]).toBe(0)
  })
})

describe('a consumer that closes', () => {
  it('frees its connection and leaves the group at once, although its read was waiting', async () => {
    const { sink, consuming } = await consumer({ block: 60_000, keep_alive: 60_000 })
    consuming.request(5)
    await blocked(1)
    await client.xadd('jobs', '*', 'payload', 'x')
    await until(() => sink.messages.length === 1, 'the entry')
    await sink.messages[0]!.ack()
    expect(await members()).toHaveLength(1)
    await blocked(1)
    await consuming.close()
    await consuming.close()
    expect(await members()).toEqual([])
    expect(await members('{jobs}:nemo:wake')).toEqual([])
    await expect.poll(connections).toBe(0)
  })

  it('stays in the group until what is in hand has been settled', async () => {
    const { sink, consuming } = await consumer()
    consuming.request(2)
    for (const text of ['a', 'b']) await client.xadd('jobs', '*', 'payload', text)
    await until(() => sink.messages.length === 2, 'both')
    await consuming.close()
    expect(await members()).toMatchObject([{ pending: 2 }])
    await sink.messages[0]!.ack()
    await sink.messages[1]!.nack(0)
    await expect.poll(members).toEqual([{ name: 'nemo:returned', pending: 1 }])
  })

  it('while entries are arriving loses none and counts none', async () => {
    const seen = new Map<string, number[]>()
    let sent = 0
    for (let round = 0; round < 20; round++) {
      const { sink, consuming, adapter } = await consumer({ block: 60_000, keep_alive: 60_000 })
      consuming.request(3)
      const sending = Array.from({ length: 5 }, () => client.xadd('jobs', '*', 'payload', `${sent++}`))
      if (round % 2 === 0) await sending[round % 5]
      await consuming.close()
      await Promise.all(sending)
      for (const [n, message] of sink.messages.entries()) {
        seen.set(message.id!, [...(seen.get(message.id!) ?? []), message.attempt])
        await (n % 2 === 0 ? message.ack() : message.undelivered!())
      }
      await adapter.disconnect()
    }
    const last = await consumer()
    last.consuming.request(sent)
    const handled = () => new Set([...seen.keys(), ...last.sink.messages.map(({ id }) => id!)])
    await until(() => handled().size === sent, 'every entry')
    for (const { attempt } of last.sink.messages) expect(attempt).toBe(1)
    for (const attempts of seen.values()) for (const attempt of attempts) expect(attempt).toBe(1)
  })

  it('makes room for another queue, however many there are', async () => {
    const { adapter } = await connected(server.port, { config: { pool_size: 3 } })
    for (let n = 0; n < 12; n++) {
      const consuming = await adapter.queue!.consume(`queue-${n}`, new Deliveries(), within())
      consuming.request(1)
      await consuming.close()
    }
  })

  it('may be followed by one of the same queue, before and after what is in hand is settled', async () => {
    const { adapter, sink, consuming } = await consumer()
    consuming.request(1)
    await client.xadd('jobs', '*', 'payload', 'a')
    await until(() => sink.messages.length === 1, 'the first')
    const closing = consuming.close()
    const second = new Deliveries()
    const again = await adapter.queue!.consume('jobs', second, within())
    again.request(1)
    await closing
    await client.xadd('jobs', '*', 'payload', 'b')
    await until(() => second.messages.length === 1, 'the second')
    await sink.messages[0]!.ack()
    again.request(1)
    await client.xadd('jobs', '*', 'payload', 'c')
    await until(() => second.messages.length === 2, 'the third')
    expect(second.texts).toEqual(['b', 'c'])
    expect(second.messages.map(({ attempt }) => attempt)).toEqual([1, 1])
  })
})

it('a consume that is given up leaves nothing behind', async () => {
  const { adapter } = await connected(server.port)
  const given = new AbortController()
  const consuming = adapter.queue!.consume('jobs', new Deliveries(), { ...within(), signal: given.signal })
  given.abort()
  await expect(consuming).rejects.toMatchObject({ kind: 'cancelled' })
  await expect.poll(connections).toBe(0)
  await adapter.queue!.enqueue('jobs', bytes('x'), {}, within())
  const sink = new Deliveries()
  const second = await adapter.queue!.consume('jobs', sink, within())
  second.request(1)
  await until(() => sink.messages.length === 1, 'the entry')
})

it('what is in hand when the connection ends in order goes to others at once, as the next attempt', async () => {
  const first = await consumer()
  first.consuming.request(2)
  for (const text of ['a', 'b']) await client.xadd('jobs', '*', 'payload', text)
  await until(() => first.sink.messages.length === 2, 'both')
  const second = await consumer({ block: 60_000, keep_alive: 60_000 })
  second.consuming.request(2)
  await first.adapter.disconnect()
  await until(() => second.sink.messages.length === 2, 'both, long before they could be claimed')
  expect(second.sink.messages.map(({ attempt }) => attempt)).toEqual([2, 2])
  expect((await members()).map(({ name }) => name)).not.toContain(first.context.clientId)
})
