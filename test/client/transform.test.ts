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
