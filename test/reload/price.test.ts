import { expect, test } from 'vitest'
import type { BlockPlan } from '../../src/core/reload-plan.js'
import { type ConfigObject, Gateway } from '../../src/index.js'
import { priced } from '../../src/reload/price.js'
import { startMosquitto } from '../support/mosquitto.js'
import { freePort } from '../support/server-process.js'

const FIGURES = { subscriptions: 3, inHand: 7, startMs: 41.6 }
const block = (action: BlockPlan['action'], more: Partial<BlockPlan> = {}): BlockPlan => ({
  kind: 'integration',
  name: 'events',
  action,
  attributes: [],
  ...more,
})
const priceOf = (plan: BlockPlan, figures: Parameters<typeof priced>[1] = () => FIGURES) =>
  priced([plan], figures)[0]!.price

test('a successor beside its predecessor leaves no gap', () => {
  expect(priceOf(block('reconnect', { handOver: 'overlap' }))).toEqual({
    subscriptions: 3,
    inHand: 7,
    gapMs: 0,
  })
})

test('actors in turn leave a gap as long as the last start took, if one was measured', () => {
  const inTurn = block('replace', { handOver: 'in turn', kind: 'server' })
  expect(priceOf(inTurn)).toEqual({ subscriptions: 3, inHand: 7, gapMs: 42 })
  expect(priceOf(inTurn, () => ({ subscriptions: 0, inHand: 0 }))).toEqual({ subscriptions: 0, inHand: 0 })
})

test('an actor that ends opens nothing again', () => {
  expect(priceOf(block('remove'))).toEqual({ subscriptions: 0, inHand: 7 })
})

test.each([
  block('unchanged'),
  block('in place'),
  block('create'),
  block('reconnect', { kind: 'data' }),
  block('replace', { kind: 'broker', handOver: 'in turn' }),
])('what changes no actor that runs has no price: $action $kind', (plan) => {
  expect(priceOf(plan)).toBeUndefined()
})

test('there is no price without figures', () => {
  expect(priceOf(block('reconnect', { handOver: 'overlap' }), () => undefined)).toBeUndefined()
})

test('of a server, the methods of the application and the calls of their handlers count', async () => {
  const port = await freePort()
  const configuration = (messages: number) =>
    ({
      integrations: { client: { type: 'json-rpc', endpoint: { address: `http://127.0.0.1:${port}` } } },
      servers: { api: { type: 'json-rpc', listen: { address: '127.0.0.1', port }, mailbox: { messages } } },
    }) as ConfigObject
  const gateway = await Gateway.start(configuration(100))
  try {
    await gateway.connections.get('api')
    let answer = () => {}
    const price = async () => {
      const { blocks } = await gateway.configuration.plan(configuration(101), undefined)
      return blocks.find(({ name }) => name === 'api')?.price
    }
    const called = new Promise<void>((resolve) => {
      gateway.server('api').register('slow', () => {
        resolve()
        return new Promise<number>((done) => {
          answer = () => done(1)
        })
      })
    })
    await gateway.server('api').serve()
    expect(await price()).toMatchObject({ subscriptions: 1, inHand: 0 })
    const result = gateway.rpc('client').call('slow')
    await called
    expect(await price()).toMatchObject({ subscriptions: 1, inHand: 1 })
    answer()
    expect(await result).toBe(1)
    await expect.poll(price).toMatchObject({ subscriptions: 1, inHand: 0 })
  } finally {
    await gateway.shutdown({ timeout: 0 })
  }
}, 60_000)

test('the last start is that of the actor that runs, however often it has reconnected since', async () => {
  const mosquitto = await startMosquitto()
  const configuration = (config: object) =>
    ({
      integrations: {
        events: { type: 'mqtt', endpoint: { address: '127.0.0.1', port: mosquitto.port }, config },
      },
    }) as ConfigObject
  const gateway = await Gateway.start(configuration({}))
  try {
    await gateway.connections.get('events')
    const gap = async () => {
      const { blocks } = await gateway.configuration.plan(configuration({ client_id: 'one' }), undefined)
      return blocks.find(({ name }) => name === 'events')?.price?.gapMs
    }
    const first = await gap()
    expect(first).toBeGreaterThan(0)
    await gateway.connections.reconnect('events')
    expect(await gap()).toBe(first)
    // The successor is beside its predecessor.
    await gateway.reload(configuration({ keep_alive: '30s' }))
    const second = await gap()
    expect(second).toBeGreaterThan(0)
    await gateway.connections.reconnect('events')
    expect(await gap()).toBe(second)
  } finally {
    await gateway.shutdown({ timeout: 0 })
    await mosquitto.stop()
  }
}, 60_000)
