import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Gateway } from '../../src/index.js'
import { waitFor } from '../support/wait-for.js'

let gateway: Gateway
beforeAll(async () => {
  gateway = await Gateway.start({
    integrations: { bus: { type: 'memory', mailbox: { messages: 64 } }, other: { type: 'memory' } },
  })
})
afterAll(() => gateway.shutdown({ timeout: 0 }))

describe('two equal subscriptions', () => {
  test('one that nobody reads does not stop the other', async () => {
    const bus = gateway.pubsub('bus')
    const unread = await bus.subscribe('news', { overflow: 'drop-newest' })
    const read = await bus.subscribe('news', { overflow: 'drop-newest' })
    for (let n = 0; n < 1_000; n++) {
      await gateway.pubsub('other').publish('news', n)
      expect((await read.recv())!.value).toBe(n)
    }
    await read.close()
    let kept = 0
    await waitFor(() => unread.dropped > 0, { what: 'drops to be reported' })
    const counting = (async () => {
      for await (const _ of unread) kept++
    })()
    await waitFor(() => kept + unread.dropped === 1_000, {
      what: () => `${kept} + ${unread.dropped} to be 1000`,
    })
    await unread.close()
    await counting
  })

  test('the second gets the retained message too', async () => {
    const bus = gateway.pubsub('bus')
    await bus.publish('state', 'on', { retain: true })
    for (let n = 0; n < 3; n++) {
      const subscription = await bus.subscribe('state')
      const message = await subscription.recv()
      expect([message!.value, message!.retain]).toEqual(['on', true])
    }
  })

  test('closing one leaves the other', async () => {
    const bus = gateway.pubsub('bus')
    const first = await bus.subscribe('left')
    const second = await bus.subscribe('left')
    await first.close()
    await bus.publish('left', 1)
    expect((await second.recv())!.value).toBe(1)
  })
})
