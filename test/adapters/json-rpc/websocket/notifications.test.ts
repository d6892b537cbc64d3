import { describe, expect, test } from 'vitest'
import type { PubSubFacet } from '../../../../src/core/adapter/pubsub-facet.js'
import type { IntegrationSettings } from '../../../../src/core/settings/integration.js'
import { operation, until } from '../../../support/adapter-context.js'
import { failureOf } from '../../../support/failure-of.js'
import { connected } from '../harness.js'
import { type echo, notification, type Request, recorder, service } from './harness.js'

const context = operation()
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

async function topics(url: string, settings?: Partial<IntegrationSettings>, budget?: number) {
  const rig = await connected(url, settings, budget)
  return { ...rig, pubsub: rig.adapter.pubsub as PubSubFacet }
}

describe('notifications of the server', () => {
  test('are topics named by their method, the parameters their payload', async () => {
    const server = await service()
    const { pubsub } = await topics(server.url)
    const { sink, messages } = recorder()
    await pubsub.subscribe('news', {}, sink, context)
    server.broadcast(notification('news', { a: 'ü' }))
    server.broadcast(notification('other', [0]))
    server.broadcast(notification('news', [2]))
    server.broadcast(notification('news'))
    await until(() => messages.length === 3, 'three messages')
    expect(messages).toEqual([
      { topic: 'news', value: { a: 'ü' } },
      { topic: 'news', value: [2] },
      { topic: 'news', value: null },
    ])
  })

  test('match patterns, and come in batches as well', async () => {
    const server = await service()
    const { pubsub } = await topics(server.url)
    const [some, all] = [recorder(), recorder()]
    await pubsub.subscribe('prices/+/low', {}, some.sink, context)
    const everything = await pubsub.subscribe('#', {}, all.sink, context)
    server.broadcast(`[${notification('prices/gold/low', [1])},${notification('prices/gold', [2])}]`)
    await until(() => all.messages.length === 2, 'both messages')
    expect(some.messages).toEqual([{ topic: 'prices/gold/low', value: [1] }])
    await everything.close()
    server.broadcast(notification('prices/iron/low', [3]))
    await until(() => some.messages.length === 2, 'the last message')
    expect(all.messages.length).toBe(2)
  })

  test('wait in memory, then in the socket while a subscriber has no room', async () => {
    const server = await service()
    const { pubsub, rpc, context: house } = await topics(server.url, {}, 8_000_000)
    const { sink, messages } = recorder(1)
    const subscription = await pubsub.subscribe('news', {}, sink, context)
    server.broadcast(notification('news', [0]))
    await until(() => messages.length === 1, 'the first message')
    const text = 'x'.repeat(100_000)
    for (let n = 1; n <= 200; n++) server.broadcast(notification('news', [n, text]))
    const { socket } = server.peers[0]!
    await until(() => house.budget.held >= 1_000_000, 'an eighth of the budget to be full')
    expect(socket.bufferedAmount).toBeGreaterThan(1_000_000)
    expect(messages.length).toBe(1)
    const resuming = setInterval(() => subscription.resume(), 1)
    await until(() => messages.length === 201, 'every message')
    clearInterval(resuming)
    subscription.resume()
    expect(messages.map(({ value }) => (value as number[])[0])).toEqual(
      Array.from({ length: 201 }, (_, n) => n),
    )
    expect(house.budget.held).toBe(0)
    expect(await rpc.call('echo', [1], context)).toEqual([1])
  })

  test('that wait for one subscriber keep neither answers nor other subscribers waiting', async () => {
    const server = await service()
    const { pubsub, rpc, context: house } = await topics(server.url)
    const [slow, fast] = [recorder(1), recorder()]
    const held = await pubsub.subscribe('slow', {}, slow.sink, context)
    await pubsub.subscribe('fast', {}, fast.sink, context)
    for (let n = 0; n < 1000; n++) server.broadcast(notification('slow', [n]))
    server.broadcast(notification('fast', [0]))
    expect(await rpc.call('echo', [1], context)).toEqual([1])
    expect([slow.messages.length, fast.messages.length]).toEqual([1, 1])
    await held.close()
    expect(house.budget.held).toBe(0)
  })

  test('go on when there is room before the hold is known', async () => {
    const server = await service()
    const { pubsub } = await topics(server.url)
    const seen: string[] = []
    const subscription = await pubsub.subscribe(
      'news',
      {},
      {
        deliver({ payload }) {
          seen.push(String(payload))
          subscription.resume()
          return false
        },
        lost() {},
        end() {},
      },
      context,
    )
    for (let n = 0; n < 10; n++) server.broadcast(notification('news', [n]))
    await until(() => seen.length === 10, 'every message')
  })

  test('that wait when the connection is lost are delivered, and the gap is told once', async () => {
    const server = await service()
    const { pubsub, context: house } = await topics(server.url)
    const { sink, messages } = recorder(1)
    const gaps: [number, string][] = []
    await pubsub.subscribe('news', {}, { ...sink, lost: (...gap) => void gaps.push(gap) }, context)
    for (let n = 0; n < 10; n++) server.broadcast(notification('news', [n]))
    await until(() => house.budget.held > 0, 'messages that wait')
    server.peers[0]!.socket.close(1001)
    await until(() => house.lost.length === 1, 'the loss')
    expect(messages.length).toBe(10)
    expect(gaps).toEqual([[0, expect.stringContaining('it is going away')]])
    expect(house.budget.held).toBe(0)
  })

  test('that nobody has subscribed to are dropped and counted', async () => {
    const server = await service()
    const { rpc, context: house } = await topics(server.url)
    await until(() => server.peers.length === 1, 'the connection')
    for (let n = 0; n < 12; n++) server.broadcast(notification('noise', [n]))
    expect(await rpc.call('echo', [1], context)).toEqual([1])
    expect(house.records).toMatchObject([
      { level: 'debug', count: 1, reason: 'noise' },
      { level: 'debug', count: 10 },
    ])
  })

  test('go on when the subscriber that had no room leaves', async () => {
    const server = await service()
    const { pubsub, rpc } = await topics(server.url)
    const subscription = await pubsub.subscribe('news', {}, recorder(1).sink, context)
    server.broadcast(notification('news', [0]))
    server.broadcast(notification('news', [1]))
    await subscription.close()
    expect(await rpc.call('echo', [1], context)).toEqual([1])
  })

  test('a pattern that is none is refused', async () => {
    const server = await service()
    const { pubsub } = await topics(server.url)
    expect(await failureOf(pubsub.subscribe('a#', {}, recorder().sink, context))).toMatchObject({
      kind: 'subscribe',
      topic: 'a#',
    })
    expect(
      await failureOf(pubsub.subscribe('a', { headers: { x: 'y' } }, recorder().sink, context)),
    ).toMatchObject({ kind: 'subscribe', reason: 'a message over WebSocket has no headers' })
  })
})

describe('publish', () => {
  test('is a notification of ours', async () => {
    const server = await service()
    const { pubsub } = await topics(server.url)
    await pubsub.publish('say "hi"', bytes({ n: 1 }), {}, context)
    await pubsub.publish('list', bytes([1]), {}, context)
    await until(() => server.peers[0]!.received.length === 2, 'both')
    expect(server.peers[0]!.received.map((text) => JSON.parse(text))).toEqual([
      { jsonrpc: '2.0', method: 'say "hi"', params: { n: 1 } },
      { jsonrpc: '2.0', method: 'list', params: [1] },
    ])
  })

  test.each([[5], ['text'], [null], [true]])('refuses %j, which cannot be parameters', async (value) => {
    const server = await service()
    const { pubsub } = await topics(server.url)
    const publish = async () => pubsub.publish('a', bytes(value), {}, context)
    expect(await failureOf(publish())).toMatchObject({ kind: 'publish', topic: 'a' })
  })
})

describe('a subscription that a call opens', () => {
  /** Ethereum's way: the id is the result, and the first item comes in the same breath. */
  const chain = (text: string, peer: Parameters<typeof echo>[1]) => {
    const { id, method, params } = JSON.parse(text) as Request
    const result = method === 'eth_subscribe' ? '0xcd' : method === 'eth_unsubscribe'
    peer.socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }))
    if (method === 'eth_subscribe')
      peer.socket.send(notification('eth_subscription', { subscription: '0xcd', result: params }))
  }

  test('yields the results that name it, and is ended by the counterpart', async () => {
    const server = await service(chain)
    const { pubsub } = await topics(server.url)
    const { sink, messages } = recorder()
    const subscription = await pubsub.subscribe('eth_subscribe', { params: ['newHeads'] }, sink, context)
    server.broadcast(notification('eth_subscription', { subscription: '0xother', result: 0 }))
    server.broadcast(notification('eth_subscription', { subscription: '0xcd', result: { number: 1 } }))
    await until(() => messages.length === 2, 'two results')
    expect(messages).toEqual([
      { topic: 'eth_subscription', value: ['newHeads'] },
      { topic: 'eth_subscription', value: { number: 1 } },
    ])
    await subscription.close()
    const last = JSON.parse(server.peers[0]!.received.at(-1)!) as Request
    expect(last).toMatchObject({ method: 'eth_unsubscribe', params: ['0xcd'] })
    await subscription.close()
    expect(server.peers[0]!.received.length).toBe(2)
  })

  test('is refused when the result is no id, or its end is not known', async () => {
    const server = await service()
    const { pubsub } = await topics(server.url)
    const open = (method: string) => pubsub.subscribe(method, { params: [1] }, recorder().sink, context)
    expect(await failureOf(open('logsSubscribe'))).toMatchObject({
      kind: 'subscribe',
      reason: 'expected the id of a subscription, found an array',
    })
    expect(await failureOf(open('watch'))).toMatchObject({ kind: 'subscribe', topic: 'watch' })
    expect(await failureOf(open('fail_subscribe'))).toMatchObject({ kind: 'rpc', code: 7 })
  })

  test('may be ended by a method of another name', async () => {
    const server = await service((text, { socket }) => {
      const { id } = JSON.parse(text) as Request
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result: 7 }))
    })
    const { pubsub } = await topics(server.url, { config: { unsubscribe_method: 'stop' } })
    const subscription = await pubsub.subscribe('watch', { params: {} }, recorder().sink, context)
    await subscription.close()
    expect(JSON.parse(server.peers[0]!.received[1]!)).toMatchObject({ method: 'stop', params: [7] })
  })
})
