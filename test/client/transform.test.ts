import { afterEach, describe, expect, test } from 'vitest'
import { type ConfigError, Gateway } from '../../src/index.js'

let gateway: Gateway | undefined
afterEach(() => gateway?.shutdown())

async function started() {
  gateway = await Gateway.start({
    integrations: { events: { type: 'memory', supervision: { heartbeat: '2s' } } },
  })
  return { pubsub: gateway.pubsub('events'), metrics: () => gateway!.metrics().integrations.events! }
}

describe('the option transform', () => {
  test.each([
    ['.payload | {id', /option "transform": "query": .*character 15/],
    [['.', '.a |\n| .b'], /option "transform\[1\]": "query": .*line 2, character 1/],
    [{ type: 'filter' }, /"expr"/],
    [{ type: 'fliter', expr: '.' }, /expected one of jq, filter, map/],
    [{ type: 'window', size: 10, slide: '1s' }, /"slide": expected a number of messages/],
    [{ type: 'window', size: 10, slide: 11 }, /"slide": expected at most "size"/],
    [{ type: 'jq', query: 'import "a" as a; .' }, /modules are not available/],
    [{ type: 'aggregate', fields: { a: {} } }, /expected one function/],
  ])('%j is refused before anything is sent', async (transform, message) => {
    const { pubsub } = await started()
    const error = await pubsub.subscribe('t', { transform: transform as never }).then(
      () => undefined,
      (thrown: ConfigError) => thrown,
    )
    expect(error?.kind).toBe('config')
    expect(error?.message).toMatch(message)
  })

  test('cannot be together with bytes', async () => {
    const { pubsub } = await started()
    await expect(pubsub.subscribe('t', { transform: '.', decode: 'bytes' })).rejects.toThrow(
      'option "decode": expected "value" together with "transform"',
    )
  })

  test.each([
    ['compiled', 50, 'last(repeat(.))', /more than 1000000 steps/],
    ['slow', 2, 'last(repeat(1)) | tgamma', /1500 ms/],
  ])(
    'endless %s queries end with a typed error each, and the actor lives: %d',
    async (_, bad, query, message) => {
      const { pubsub, metrics } = await started()
      const subscription = await pubsub.subscribe('t', {
        transform: {
          type: 'jq',
          query: `.payload | if . == "bad" then ${query} else . end`,
          limits: { time: '1500ms' },
        },
      })
      const payloads = ['good', ...new Array<string>(bad).fill('bad'), 'next']
      await Promise.all(payloads.map((payload) => pubsub.publish('t', payload)))
      expect((await subscription.recv())?.value).toBe('good')
      for (let n = 0; n < bad; n++) {
        const failed = await subscription.recv()
        expect(() => failed?.value).toThrow(message)
        expect(() => failed?.value).toThrow(expect.objectContaining({ kind: 'serialize' }))
      }
      expect((await subscription.recv())?.value).toBe('next')
      expect(metrics().restarts).toBe(0)
    },
    60_000,
  )
})

describe('a join', () => {
  async function withRates(more: object = {}) {
    gateway = await Gateway.start({
      integrations: { events: { type: 'memory' }, sink: { type: 'memory' } },
      data: {
        rates: {
          type: 'subscription',
          integration: 'sink',
          topic: 'rates',
          transform: { type: 'jq', query: '.payload' },
        },
      },
      ...more,
    })
    await gateway.pubsub('sink').publish('rates', 2, { retain: true })
    for await (const { value } of gateway.data('rates')) if (value === 2) break
    return gateway
  }
  const join = { type: 'join', with: 'data.rates' }

  test('with data that does not exist is refused before anything is sent', async () => {
    const { pubsub } = await started()
    await expect(pubsub.subscribe('t', { transform: [join] as never })).rejects.toThrow(
      /there is no data "rates"; there are none/,
    )
  })

  test('of a subscription receives the newest value', async () => {
    const { pubsub } = await withRates().then((each) => ({ pubsub: each.pubsub('events') }))
    const subscription = await pubsub.subscribe('t', { transform: ['.payload', join] as never })
    await pubsub.publish('t', { price: 10 })
    expect((await subscription.recv())?.value).toEqual({ price: 10, rates: 2 })
  })

  test('of a route receives the newest value', async () => {
    const from = { integration: 'events', queue: 'in' }
    const to = { integration: 'sink', queue: 'out' }
    const transform = [
      { type: 'jq', query: '.payload' },
      { ...join, missing: 'fail' },
    ]
    const { queue } = await withRates({ routes: { r: { from, to, transform } } }).then((each) => ({
      queue: (name: string) => each.queue(name),
    }))
    await queue('events').send('in', { price: 10 })
    expect((await queue('sink').receive('out', { timeout: '10s' }))?.value).toEqual({ price: 10, rates: 2 })
  })
})
