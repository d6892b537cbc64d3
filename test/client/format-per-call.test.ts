import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Gateway, SerializeError, UnsupportedError } from '../../src/index.js'
import { wireFormat } from '../../src/wire/wire-format.js'
import { waitFor } from '../support/wait-for.js'

const supervision = { backoff: '1ms', max_restarts: 100, within: '1m' }
let gateway: Gateway
beforeAll(async () => {
  gateway = await Gateway.start({
    integrations: { bus: { type: 'memory', format: 'json', supervision } },
  } as never)
})
afterAll(() => gateway.shutdown({ timeout: 0 }))

/** What JSON does not carry. */
const value = { raw: new Uint8Array([1, 2, 3]), at: Number.POSITIVE_INFINITY }
const packed = wireFormat('msgpack').encode(value)

describe('topics', () => {
  test('a message is encoded in the format of its publish and decoded in that of the subscription', async () => {
    const bus = gateway.pubsub('bus')
    const packs = await bus.subscribe('mixed', { format: 'msgpack' })
    const texts = await bus.subscribe('mixed')
    const bytes = await bus.subscribe('mixed', { decode: 'bytes' })
    const lazy = await bus.subscribe('mixed', { decode: 'lazy', format: 'msgpack' })

    await bus.publish('mixed', value, { format: 'msgpack' })
    expect((await packs.recv())!.value).toEqual(value)
    expect((await lazy.recv())!.value).toEqual(value)
    expect((await bytes.recv())!.value).toEqual(packed)
    const misread = (await texts.recv())!
    expect(() => misread.value).toThrow(SerializeError)
    expect(misread.bytes).toEqual(packed)

    await bus.publish('mixed', { n: 1 })
    expect((await texts.recv())!.value).toEqual({ n: 1 })
    expect(Buffer.from((await bytes.recv())!.value as Uint8Array).toString()).toBe('{"n":1}')
    await Promise.all([packs, texts, bytes, lazy].map((subscription) => subscription.close()))
  })

  test('bytes go through as they are in the binary format, other values do not', async () => {
    const bus = gateway.pubsub('bus')
    const subscription = await bus.subscribe('raw', { format: 'binary' })
    await bus.publish('raw', new Uint8Array([9, 8]), { format: 'binary', headers: { a: 'b' } })
    const message = (await subscription.recv())!
    expect([message.value, message.headers]).toEqual([new Uint8Array([9, 8]), { a: 'b' }])
    await expect(bus.publish('raw', { n: 1 }, { format: 'binary' })).rejects.toThrow(
      'binary cannot carry $: expected bytes',
    )
    await expect(bus.publish('raw', value)).rejects.toThrow('json cannot carry $.raw: bytes')
    await subscription.close()
  })

  test('a subscription keeps its format when its actor dies', async () => {
    const bus = gateway.pubsub('bus')
    const subscription = await bus.subscribe('after', { format: 'msgpack' })
    const { threadId } = gateway.connections.status('bus')
    await gateway.connections.inject('bus', 'throw').catch(() => {})
    await waitFor(
      () => {
        const now = gateway.connections.status('bus')
        return now.state === 'connected' && now.threadId !== threadId
      },
      { what: 'the successor' },
    )
    await bus.publish('after', value, { format: 'msgpack' })
    expect((await subscription.recv())!.value).toEqual(value)
    await subscription.close()
  })
})

describe('queues', () => {
  test('a message is sent, received and consumed in the format asked for', async () => {
    const tasks = gateway.queue('bus')
    await tasks.send('jobs', value, { format: 'msgpack' })
    const received = (await tasks.receive('jobs', { format: 'msgpack', timeout: '5s' }))!
    expect(received.value).toEqual(value)
    expect(await received.ack()).toBe(true)

    await tasks.send('jobs', value, { format: 'msgpack' })
    const misread = (await tasks.receive('jobs', { timeout: '5s' }))!
    expect(() => misread.value).toThrow(SerializeError)
    expect(misread.bytes).toEqual(packed)
    expect(await misread.nack()).toBe(true)

    for await (const message of tasks.consume('jobs', { format: 'msgpack' })) {
      expect(message.value).toEqual(value)
      await message.ack()
      break
    }
  })
})

describe('a format that the protocol does not have', () => {
  const message = 'the format "xml" over memory (expected one of json, msgpack, binary) is not supported'

  test('is refused on the host, before anything is sent', async () => {
    const before = gateway.metrics().integrations.bus!.counts
    const bus = gateway.pubsub('bus')
    const tasks = gateway.queue('bus')
    for (const attempt of [
      bus.publish('t', 1, { format: 'xml' }),
      bus.subscribe('t', { format: 'xml' }),
      tasks.send('q', 1, { format: 'xml' }),
      tasks.receive('q', { format: 'xml' }),
    ]) {
      await expect(attempt).rejects.toBeInstanceOf(UnsupportedError)
      await expect(attempt).rejects.toMatchObject({ message, integration: 'bus', kind: 'unsupported' })
    }
    expect(() => tasks.consume('q', { format: 'xml' })).toThrow(UnsupportedError)
    expect(gateway.metrics().integrations.bus!.counts).toEqual(before)
  })
})
