import { describe, expect, it } from 'vitest'
import { AckGate } from '../../../src/adapters/mqtt/client/ack-gate.js'
import { MalformedPacket } from '../../../src/adapters/mqtt/client/errors.js'
import type { Outbound } from '../../../src/adapters/mqtt/client/outbound.js'
import { EMPTY_PROPERTIES } from '../../../src/adapters/mqtt/client/properties.js'
import type { PublishPacket } from '../../../src/adapters/mqtt/client/publish-decoder.js'
import { ReceivedIds } from '../../../src/adapters/mqtt/client/received-ids.js'
import { Inbox } from '../../../src/adapters/mqtt/inbox.js'
import type { Route } from '../../../src/adapters/mqtt/router.js'
import type { LogRecord } from '../../../src/core/telemetry.js'
import { StepClock } from '../../support/step-clock.js'
import { bytes } from './fixture.js'

/** An outbound that keeps what is written. */
function recorder(): { outbound: Outbound; written: string[] } {
  const written: string[] = []
  const outbound = {
    bytes: (packet: Uint8Array) => void written.push(Buffer.from(packet).toString('hex')),
  } as unknown as Outbound
  return { outbound, written }
}

const packet = (topic: string, ids: readonly number[] = []): PublishPacket => ({
  topic,
  payload: bytes('x'),
  qos: 1,
  dup: false,
  retain: false,
  id: 1,
  properties: { ...EMPTY_PROPERTIES, subscriptionIds: ids },
})

/** A route that takes its messages at once. */
function route(filter: string, id: number, accept: (packet: PublishPacket) => void): Route {
  return {
    filter,
    subscribed: filter,
    id,
    accept(given, taken) {
      accept(given)
      taken?.()
    },
    lost() {},
    ended() {},
  }
}

describe('the acknowledgements that are held back', () => {
  it('leave in the order in which the messages came, however they are settled', () => {
    const { outbound, written } = recorder()
    const gate = new AckGate(outbound, new ReceivedIds(undefined))
    const holds = [gate.hold(1, 1), gate.hold(2, 2), gate.hold(3, 1), gate.hold(4, 1)]
    holds[2]!.settle()
    holds[1]!.settle()
    expect(written).toEqual([])
    holds[0]!.settle()
    holds[0]!.settle()
    expect(written).toEqual(['40020001', '50020002', '40020003'])
    holds[3]!.settle()
    expect(written).toHaveLength(4)
  })

  it('are dropped with their connection', () => {
    const { outbound, written } = recorder()
    const gate = new AckGate(outbound, new ReceivedIds(undefined))
    const hold = gate.hold(1, 1)
    gate.close()
    expect(hold.settle()).toBe(false)
    expect(written).toEqual([])
  })

  it('stay right over very many messages', () => {
    const { outbound, written } = recorder()
    const gate = new AckGate(outbound, new ReceivedIds(undefined))
    const first = gate.hold(1, 1)
    let last = gate.hold(2, 1)
    for (let id = 3; id <= 5_000; id++) {
      const next = gate.hold(id, 1)
      last.settle()
      last = next
      if (id === 2_500) first.settle()
    }
    last.settle()
    expect(written.map((ack) => Number.parseInt(ack.slice(4), 16))).toEqual(
      Array.from({ length: 5_000 }, (_, i) => i + 1),
    )
  })

  it('cannot be more than there are identifiers', () => {
    const gate = new AckGate(recorder().outbound, new ReceivedIds(undefined))
    for (let i = 0; i < 65_535; i++) gate.hold(1, 1)
    expect(() => gate.hold(1, 1)).toThrow(MalformedPacket)
  })
})

describe('messages of a resumed session', () => {
  it('wait ten seconds for their subscription, and are then dropped with a warning', async () => {
    const { outbound, written } = recorder()
    const gate = new AckGate(outbound, new ReceivedIds(undefined))
    const clock = new StepClock()
    const records: LogRecord[] = []
    const inbox = new Inbox(true, 1_000, clock, (record) => records.push(record))
    inbox.onPublish(packet('kept', [99]), gate.hold(1, 1))
    inbox.onPublish(packet('orphan', [98]), gate.hold(2, 1))
    expect(written).toEqual([])
    const got: string[] = []
    inbox.add(route('+', 5, ({ topic }) => got.push(topic)))
    expect(got).toEqual(['kept', 'orphan'])
    inbox.onPublish(packet('a/b'), gate.hold(3, 1))
    expect(written).toHaveLength(2)
    await clock.advance(10_000)
    expect(written).toHaveLength(3)
    expect(records).toMatchObject([{ level: 'warn', count: 1 }])
    inbox.onPublish(packet('a/b'), gate.hold(4, 1))
    expect(written).toHaveLength(4)
  })

  it('are dropped with a warning beyond a number of bytes, one by itself being kept whatever its size', async () => {
    const { outbound, written } = recorder()
    const gate = new AckGate(outbound, new ReceivedIds(undefined))
    const clock = new StepClock()
    const records: LogRecord[] = []
    const inbox = new Inbox(true, 2, clock, (record) => records.push(record))
    inbox.onPublish({ ...packet('large'), payload: bytes('four') }, gate.hold(1, 1))
    inbox.onPublish(packet('beyond'), gate.hold(2, 1))
    expect(written).toEqual([])
    const got: string[] = []
    inbox.add(route('large', 5, ({ topic }) => got.push(topic)))
    for (const [i, topic] of ['a', 'b', 'c'].entries()) inbox.onPublish(packet(topic), gate.hold(3 + i, 1))
    inbox.add(route('#', 6, ({ topic }) => got.push(topic)))
    expect(got).toEqual(['large', 'a', 'b'])
    expect(written).toHaveLength(5)
    await clock.advance(10_000)
    expect(records).toMatchObject([{ level: 'warn', count: 2 }])
    inbox.close(new Error('closed'), false)
    expect(records).toHaveLength(1)
  })

  it('do not keep alive the chunk of the socket that they came in', () => {
    const chunk = new Uint8Array(64 * 1024).fill(7)
    const inbox = new Inbox(true, 1_000, new StepClock(), () => {})
    const gate = new AckGate(recorder().outbound, new ReceivedIds(undefined))
    inbox.onPublish({ ...packet('a'), payload: chunk.subarray(10, 20) }, gate.hold(1, 1))
    const got: Uint8Array[] = []
    inbox.add(route('a', 5, ({ payload }) => got.push(payload)))
    expect(got).toEqual([Buffer.alloc(10, 7)])
    expect(got[0]!.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize)
    inbox.close(new Error('closed'), false)
  })

  it('are routed by topic when the broker names subscriptions of earlier', () => {
    const got: string[] = []
    for (const resumed of [true, false]) {
      const inbox = new Inbox(resumed, 1_000, new StepClock(), () => {})
      inbox.add(route('a/#', 5, () => got.push(`${resumed}`)))
      inbox.onPublish(packet('a/b', [4]), undefined)
      inbox.close(new Error('closed'), false)
    }
    expect(got).toEqual(['true'])
  })
})
