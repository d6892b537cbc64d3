import { describe, expect, it } from 'vitest'
import { integrationSettings, until, within } from '../../support/adapter-context.js'
import { testBroker } from './broker.js'
import { bytes, Collector, Deliveries } from './fixture.js'

const { client } = await testBroker()

const small = { ...integrationSettings({}).limits, frame: 10_000 }

describe.each([5, '3.1.1'] as const)('a message above limits.frame of the receiver, MQTT %s', (version) => {
  it('of a topic is counted as lost', async () => {
    const [receiver, sender] = [
      await client({ protocol_version: version }, { settings: { limits: small } }),
      await client({ protocol_version: version }),
    ]
    const sink = new Collector()
    await receiver.adapter.pubsub!.subscribe('large', { qos: 1 }, sink, within())
    await sender.adapter.pubsub!.publish('large', Buffer.alloc(20_000), { qos: 1 }, within())
    await until(() => sink.losses.length === 1, 'the loss')
    expect(sink.losses).toMatchObject([{ count: 1, reason: expect.stringContaining('limits.frame') }])
  })

  it('of a queue is delivered with its defect, once', async () => {
    const [receiver, sender] = [
      await client({ protocol_version: version }, { settings: { limits: small } }),
      await client({ protocol_version: version }),
    ]
    const sink = new Deliveries()
    const queue = `large/${version}`
    ;(await receiver.adapter.queue!.consume(queue, sink, within())).request(5)
    await sender.adapter.queue!.enqueue(queue, Buffer.alloc(20_000), {}, within())
    await sender.adapter.queue!.enqueue(queue, bytes('small'), {}, within())
    await until(() => sink.messages.length === 2, 'both')
    expect(sink.messages[0]).toMatchObject({ attempt: 1, defect: { kind: 'serialize' } })
    expect(sink.texts).toEqual(['', 'small'])
    await Promise.all(sink.messages.map((message) => message.ack()))
  })
})
