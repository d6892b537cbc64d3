import { beforeEach, describe, expect, it } from 'vitest'
import { until, within } from '../../support/adapter-context.js'
import { bytes, connected, Deliveries } from './fixture.js'
import { testServer } from './server.js'

const { server, client, consumer } = await testServer()
beforeEach(() => client.flushall())

describe('trimming with max_len', () => {
  it('removes what every group has acknowledged, and nothing else', async () => {
    const { sink, consuming } = await consumer({ max_len: 0, claim_after: 300 })
    await client.xgroup('CREATE', 'jobs', 'others', '0')
    for (let n = 0; n < 10; n++) await client.xadd('jobs', '*', 'payload', `${n}`)
    consuming.request(10)
    await until(() => sink.messages.length === 10, 'all')
    for (const message of sink.messages.slice(0, 4)) await message.ack()
    await sink.messages[6]!.ack()
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(await client.xlen('jobs'), 'the other group has read nothing').toBe(10)
    await client.xreadgroup('GROUP', 'others', 'o', 'STREAMS', 'jobs', '>')
    await client.xack('jobs', 'others', ...sink.messages.map(({ id }) => id!))
    await sink.messages[5]!.ack()
    await expect.poll(() => client.xlen('jobs')).toBe(6)
    for (const at of [4, 7, 8, 9]) await sink.messages[at]!.ack()
    await expect.poll(() => client.xlen('jobs')).toBe(0)
  })

  it('keeps as many as it is told', async () => {
    const { sink, consuming } = await consumer({ max_len: 3, claim_after: 300 })
    for (let n = 0; n < 10; n++) await client.xadd('jobs', '*', 'payload', `${n}`)
    consuming.request(10)
    await until(() => sink.messages.length === 10, 'all')
    for (const message of sink.messages) await message.ack()
    await expect.poll(() => client.xlen('jobs')).toBe(3)
    expect((await client.xrange('jobs', '-', '+')).map(([, fields]) => fields[1])).toEqual(['7', '8', '9'])
  })
})

describe('trimming without max_len', () => {
  it('leaves the entries of other senders', async () => {
    const { adapter, sink, consuming } = await consumer({ claim_after: 300 })
    for (let n = 0; n < 200; n++) {
      await client.xadd('jobs', '*', 'payload', `theirs ${n}`)
      await adapter.queue!.enqueue('jobs', bytes(`ours ${n}`), {}, within())
    }
    consuming.request(400)
    await until(() => sink.messages.length === 400, 'all')
    await Promise.all(sink.messages.map((message) => message.ack()))
    await expect.poll(() => client.xlen('jobs')).toBe(200)
    await consuming.close()
    const left = await client.xrange('jobs', '-', '+')
    expect(left.map(([, fields]) => fields[1])).toEqual(Array.from({ length: 200 }, (_, n) => `theirs ${n}`))
  })

  it('waits for every group, also with what a process left behind that died', async () => {
    const sender = await connected(server.port)
    await client.xgroup('CREATE', 'jobs', 'others', '0', 'MKSTREAM')
    for (let n = 0; n < 30; n++) await sender.adapter.queue!.enqueue('jobs', bytes(`${n}`), {}, within())
    const first = await consumer({ claim_after: 300 })
    first.consuming.request(30)
    await until(() => first.sink.messages.length === 30, 'all')
    await Promise.all(first.sink.messages.map((message) => message.ack()))
    await first.consuming.close()
    expect(await client.xlen('jobs'), 'the other group has read nothing').toBe(30)
    await first.adapter.disconnect()
    await client.xreadgroup('GROUP', 'others', 'o', 'STREAMS', 'jobs', '>')
    await client.xack('jobs', 'others', ...first.sink.messages.slice(5).map(({ id }) => id!))
    const second = await consumer({ claim_after: 300 })
    second.consuming.request(1)
    // A part of the stream at a time: what comes after it is found later.
    await expect.poll(() => client.xlen('jobs')).toBe(15)
    expect((await client.xrange('jobs', '-', '+')).slice(0, 5).map(([id]) => id)).toEqual(
      first.sink.messages.slice(0, 5).map(({ id }) => id!),
    )
  })
})

it('a group that is gone is created again', async () => {
  const { adapter, context, sink, consuming } = await consumer({ block: 50 })
  consuming.request(2)
  await client.flushall()
  await adapter.queue!.enqueue('jobs', bytes('after'), {}, within())
  await until(() => sink.messages.length === 1, 'the entry')
  expect(context.records.map(({ message }) => message).join()).toMatch(/creating it again/)
})

it('a group that began with the newest and is gone misses nothing, and reads nothing again', async () => {
  const { sink, consuming } = await consumer({ block: 50, start_from: 'newest' })
  consuming.request(10)
  await client.xadd('jobs', '*', 'payload', 'before')
  await until(() => sink.messages.length === 1, 'the first')
  await sink.messages[0]!.ack()
  await client
    .multi()
    .xgroup('DESTROY', 'jobs', 'nemo-workers')
    .xadd('jobs', '*', 'payload', 'destroyed')
    .exec()
  await until(() => sink.messages.length === 2, 'the one after its end')
  await client.multi().flushall().xadd('jobs', '*', 'payload', 'flushed').exec()
  await until(() => sink.messages.length === 3, 'the one after the flush')
  expect(sink.texts).toEqual(['before', 'destroyed', 'flushed'])
})

it('a server without room for what a reader does is asked again, and the queue goes on', async () => {
  const { adapter, context, sink, consuming } = await consumer({ block: 50 })
  await adapter.queue!.enqueue('jobs', bytes('later'), { delayMs: 300 }, within())
  await client.config('SET', 'maxmemory', '1')
  consuming.request(1)
  await until(
    () => context.records.some(({ message }) => /cannot be read for now/.test(message)),
    'the refusal',
  )
  await client.config('SET', 'maxmemory', '0')
  await until(() => sink.messages.length === 1, 'the message')
  expect(sink.errors).toEqual([])
})

it('what is no stream is refused with a DequeueError and an EnqueueError', async () => {
  await client.set('text', '1')
  const { adapter } = await connected(server.port)
  await expect(adapter.queue!.enqueue('text', bytes('x'), {}, within())).rejects.toMatchObject({
    kind: 'enqueue',
    retryable: false,
    message: expect.stringMatching(/WRONGTYPE/),
  })
  await expect(adapter.queue!.consume('text', new Deliveries(), within())).rejects.toMatchObject({
    kind: 'dequeue',
    retryable: false,
  })
})

it('many large entries at once stay within the limit of a frame, also those of an earlier life', async () => {
  const limits = { memory: 1e9, frame: 100_000 }
  const made = await connected(server.port, { limits }, 'large')
  const sink = new Deliveries()
  const consuming = await made.adapter.queue!.consume('jobs', sink, within())
  for (let n = 0; n < 40; n++) await client.xadd('jobs', '*', 'payload', 'x'.repeat(90_000))
  consuming.request(100)
  await until(() => sink.messages.length === 40, 'all of them')
  expect(made.context.lost).toEqual([])
  await made.adapter.disconnect()
  const again = await connected(server.port, { limits }, 'large')
  const second = new Deliveries()
  const recovering = await again.adapter.queue!.consume('jobs', second, within())
  recovering.request(100)
  await until(() => second.messages.length === 40, 'all of them again')
  expect(again.context.lost).toEqual([])
})

describe('an entry that is larger than the limit', () => {
  const limits = { memory: 1e9, frame: 100_000 }

  it('is delivered once as a defect, without its payload, and stays in the stream', async () => {
    const made = await connected(server.port, { limits, config: { claim_after: 300, block: 50 } })
    const sink = new Deliveries()
    const consuming = await made.adapter.queue!.consume('jobs', sink, within())
    consuming.request(10)
    await made.adapter.queue!.enqueue('jobs', new Uint8Array(500_000), { headers: { h: '1' } }, within())
    await client.xadd('jobs', '*', 'payload', 'small')
    await until(() => sink.messages.length === 2, 'both')
    const [large, small] = sink.messages
    expect(large).toMatchObject({ attempt: 1, headers: { h: '1', 'nemo-oversize-bytes': '500000' } })
    expect(large!.payload.length).toBe(0)
    expect(large!.defect?.message).toMatch(/500000 bytes.*limits\.frame \(100000 bytes\)/)
    expect(small!.defect).toBeUndefined()
    await large!.ack()
    await small!.ack()
    // Several rounds of looking for what can be removed.
    for (let n = 0; n < 100; n++) {
      await made.adapter.queue!.enqueue('jobs', bytes(`${n}`), {}, within())
      consuming.request(1)
      await until(() => sink.messages.length === n + 3, 'the next')
      await sink.messages.at(-1)!.ack()
    }
    await consuming.close()
    await expect.poll(() => client.xlen('jobs')).toBe(2)
    expect(made.context.lost).toEqual([])
  })

  it('is a defect too when it is claimed, or found again', async () => {
    await client.xgroup('CREATE', 'jobs', 'nemo-workers', '0', 'MKSTREAM')
    await client.xadd('jobs', '*', 'payload', 'x'.repeat(500_000))
    await client.xreadgroup('GROUP', 'nemo-workers', 'gone', 'COUNT', 1, 'STREAMS', 'jobs', '>')
    const made = await connected(server.port, { limits, config: { claim_after: 100 } })
    const sink = new Deliveries()
    const consuming = await made.adapter.queue!.consume('jobs', sink, within())
    consuming.request(1)
    await until(() => sink.messages.length === 1, 'the entry')
    expect(sink.messages[0]!.defect).toBeDefined()
  })

  it('in sum only, is read alone and whole', async () => {
    const made = await connected(server.port, { limits })
    const sink = new Deliveries()
    const consuming = await made.adapter.queue!.consume('jobs', sink, within())
    // Small ones first: so many are asked for at a time then.
    for (let n = 0; n < 50; n++) await client.xadd('jobs', '*', 'payload', 'small')
    consuming.request(100)
    await until(() => sink.messages.length === 50, 'the small ones')
    const pipeline = client.multi()
    for (let n = 0; n < 20; n++) pipeline.xadd('jobs', '*', 'payload', 'x'.repeat(90_000))
    await pipeline.exec()
    await until(() => sink.messages.length === 70, 'the large ones')
    expect(sink.messages.slice(50).map(({ payload, defect }) => [payload.length, defect])).toEqual(
      Array.from({ length: 20 }, () => [90_000, undefined]),
    )
    expect(made.context.lost).toEqual([])
  })
})

it('more connections than the pool has are refused', async () => {
  const { adapter } = await connected(server.port, { config: { pool_size: 2 } })
  await adapter.queue!.consume('a', new Deliveries(), within())
  await expect(adapter.queue!.consume('b', new Deliveries(), within())).rejects.toMatchObject({
    kind: 'connection',
    retryable: false,
    fault: 'local',
    notExecuted: true,
    message: 'pool_size (2) reached: cannot open a connection for queue "b"; raise config.pool_size',
  })
})

it('a server that is out of memory refuses with an error worth a retry', async () => {
  const { adapter } = await connected(server.port)
  await client.config('SET', 'maxmemory', '1')
  const refused = adapter.queue!.enqueue('jobs', bytes('x'), {}, within())
  await expect(refused).rejects.toMatchObject({
    kind: 'enqueue',
    retryable: true,
    notExecuted: true,
    message: expect.stringMatching(/OOM/),
  })
  await client.config('SET', 'maxmemory', '0')
  await adapter.queue!.enqueue('jobs', bytes('x'), {}, within())
})
