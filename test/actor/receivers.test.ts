import { afterEach, describe, expect, test } from 'vitest'
import type { MessageSink } from '../../src/core/adapter/inbound.js'
import type { AdapterConsumer, InboundDelivery, QueueFacet } from '../../src/core/adapter/queue-facet.js'
import { ConnectionError } from '../../src/core/errors/connection.js'
import { TimeoutError } from '../../src/core/errors/operation.js'
import { AckError, EnqueueError } from '../../src/core/errors/queue.js'
import { newCredit } from '../../src/mailbox/credit.js'
import type { ReceivedMessage, SourceSpec } from '../../src/mailbox/protocol.js'
import { actorRig } from './rig.js'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

interface Opened {
  readonly queue: string
  readonly sink: MessageSink<InboundDelivery>
  requested: number
  closed: boolean
}

/** An actor whose adapter has queues that the test fills, and a journal of what was settled. */
function rig() {
  const opened: Opened[] = []
  const journal: string[] = []
  const refuse = { consume: undefined as Error | undefined, enqueue: undefined as Error | undefined }
  /** How long the adapter takes to make a consumer; it gives up with its attempt. */
  const slow = { consumeMs: 0 }
  const queue: QueueFacet = {
    enqueue: async (into, payload) => {
      if (refuse.enqueue !== undefined) {
        journal.push(`refused ${into}`)
        throw refuse.enqueue
      }
      journal.push(`enqueue ${into} ${new TextDecoder().decode(payload)}`)
      return '1'
    },
    consume: async (name, sink, { deadline, signal }): Promise<AdapterConsumer> => {
      if (refuse.consume !== undefined) throw refuse.consume
      if (slow.consumeMs > 0) await made(slow.consumeMs, deadline, signal)
      const one: Opened = { queue: name, sink, requested: 0, closed: false }
      opened.push(one)
      return {
        request: (count) => {
          one.requested += count
        },
        close: async () => {
          one.closed = true
        },
      }
    },
  }
  const actor = actorRig({ timeoutMs: 1_000 }, { queue })
  const made = (ms: number, deadline: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const late = () => reject(new TimeoutError('no answer to the request to make a consumer'))
      actor.clock.setTimer(ms, resolve)
      actor.clock.setTimer(Math.max(0, deadline - actor.clock.monotonic()), late)
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  ends.push(actor.end)
  const delivery = (name: string, given: Partial<InboundDelivery> = {}): InboundDelivery => ({
    topic: 'q',
    payload: new TextEncoder().encode(JSON.stringify(name)),
    attempt: 1,
    redelivered: false,
    ack: async () => void journal.push(`ack ${name}`),
    nack: async (delayMs) => void journal.push(`nack ${name} ${delayMs}`),
    undelivered: async () => void journal.push(`undelivered ${name}`),
    ...given,
  })
  const token = (seq: number) => {
    const { value } = actor.outcome(seq) as { value: ReceivedMessage }
    return value.extras.token!
  }
  return { ...actor, opened, journal, delivery, token, refuse, slow }
}

const receive = ['receive', 'q', undefined, undefined] as const

/** A consumer as the host asks for it. */
const consumed = (given: Partial<SourceSpec> = {}): SourceSpec => ({
  id: 1,
  kind: 'queue',
  credit: newCredit(),
  window: { messages: 10, bytes: 1_000 },
  decode: 'value',
  overflow: 'block',
  ...given,
})

describe('a message for a receiver', () => {
  test('goes to its caller, once', async () => {
    const { send, connected, opened, delivery, quiet, outcome, journal } = rig()
    await connected()
    const seq = await send(...receive, 500)
    expect(opened.map(({ requested }) => requested)).toEqual([1])
    opened[0]!.sink.deliver(delivery('a'))
    await quiet()
    expect(outcome(seq)).toMatchObject({ value: { value: 'a', extras: { attempt: 1 } } })
    expect(journal).toEqual([])
  })

  test('goes back uncounted when its caller has gone', async () => {
    const { send, connected, opened, delivery, quiet, advance, outcome, journal } = rig()
    await connected()
    const timedOut = await send(...receive, 500)
    const cancelled = await send(...receive, 800)
    const expired = await send(...receive, 800)
    await advance(500)
    await send('cancel', '', cancelled)
    await send('expire', '', expired)
    expect([outcome(timedOut), outcome(expired)]).toEqual([{ value: null }, { value: null }])
    for (const name of ['a', 'b', 'c']) opened[0]!.sink.deliver(delivery(name))
    await quiet()
    expect(journal).toEqual(['undelivered a', 'undelivered b', 'undelivered c'])
  })

  test('that comes by a consumer that was closed goes back uncounted', async () => {
    const { send, connected, opened, delivery, quiet, advance, journal } = rig()
    await connected()
    await send(...receive, 500)
    await advance(1_500)
    expect(opened[0]!.closed).toBe(true)
    opened[0]!.sink.deliver(delivery('late'))
    await quiet()
    expect(journal).toEqual(['undelivered late'])
  })
})

describe('a receiver', () => {
  test('keeps nothing of callers that gave up', async () => {
    const { send, connected, advance, opened } = rig()
    await connected()
    for (let i = 0; i < 100; i++) {
      await send(...receive, 10)
      await advance(10)
    }
    expect(opened).toHaveLength(1)
    expect(opened[0]!.requested).toBe(1)
  })

  test('closes when nobody has received for a moment, and opens again', async () => {
    const { send, connected, advance, opened } = rig()
    await connected()
    await send(...receive, 500)
    await advance(1_499)
    expect(opened[0]!.closed).toBe(false)
    await advance(1)
    expect(opened[0]!.closed).toBe(true)
    await send(...receive, 500)
    expect(opened).toHaveLength(2)
  })

  test('makes its consumer in time of its own, however short that of its callers is', async () => {
    const { send, connected, advance, opened, outcome, delivery, quiet, slow } = rig()
    await connected()
    slow.consumeMs = 300
    const given: number[] = []
    for (let n = 0; n < 4; n++) {
      given.push(await send(...receive, 100))
      await advance(100)
    }
    expect(given.map(outcome)).toEqual(Array(4).fill({ value: null }))
    expect(opened).toHaveLength(1)
    const last = await send(...receive, 100)
    opened[0]!.sink.deliver(delivery('a'))
    await quiet()
    expect(outcome(last)).toMatchObject({ value: { value: 'a' } })
  })

  test('whose consumer cannot be made tells its caller why', async () => {
    const { send, connected, advance, outcome, slow } = rig()
    await connected()
    slow.consumeMs = 60_000
    const seq = await send(...receive, 5_000)
    await advance(1_000)
    expect(outcome(seq)).toMatchObject({ error: { kind: 'timeout' } })
  })

  test('that closes while its consumer is made gives the attempt up', async () => {
    const { send, connected, advance, opened, slow } = rig()
    await connected()
    slow.consumeMs = 900
    for (let n = 0; n < 10; n++) await send('receive', `q${n}`, undefined, undefined, 5)
    await advance(5)
    // Those that were idle the longest are closed for the others.
    await advance(900)
    expect(opened.length).toBeLessThanOrEqual(8)
  })

  test('of many queues keeps only some consumers open', async () => {
    const { send, connected, advance, opened } = rig()
    await connected()
    for (let i = 0; i < 40; i++) {
      await send('receive', `q${i}`, undefined, undefined, 5)
      await advance(5)
    }
    expect(opened).toHaveLength(40)
    expect(opened.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(8)
  })

  test('rides out a lost connection within the time of its callers', async () => {
    const { send, connected, lost, advance, opened, delivery, quiet, outcome } = rig()
    await connected()
    const seq = await send(...receive, 900)
    await lost(new ConnectionError('reset'))
    await advance(100)
    await connected()
    expect(opened).toHaveLength(2)
    opened[1]!.sink.deliver(delivery('a'))
    await quiet()
    expect(outcome(seq)).toMatchObject({ value: { value: 'a' } })
  })

  test('that must not wait gives what is there', async () => {
    const { send, connected, opened, delivery, quiet, advance, outcome } = rig()
    await connected()
    const seq = await send(...receive, 0.001)
    opened[0]!.sink.deliver(delivery('there'))
    await quiet()
    expect(outcome(seq)).toMatchObject({ value: { value: 'there' } })
    const empty = await send(...receive, 0.001)
    await advance(50)
    expect(outcome(empty)).toEqual({ value: null })
  })
})

describe('a message that its consumer fails on', () => {
  test('comes again after a growing delay, and is a dead letter in the end', async () => {
    const { send, connected, opened, delivery, quiet, journal, notices } = rig()
    await connected()
    await send('consume', 'q', undefined, { source: consumed({ maxDeliveries: 5, deadLetter: 'dead' }) })
    for (let attempt = 1; attempt <= 5; attempt++) {
      opened[0]!.sink.deliver(delivery('bad', { attempt }))
      await send('nack', '', attempt, { reason: 'Error: cannot' })
    }
    await quiet()
    expect(journal).toEqual([
      'nack bad 0',
      'nack bad 100',
      'nack bad 200',
      'nack bad 400',
      'enqueue dead "bad"',
      'ack bad',
    ])
    expect(notices.filter(({ kind }) => kind === 'dead-letter')).toMatchObject([
      { queue: 'q', reason: 'Error: cannot', attempts: 5 },
    ])
    expect(opened[0]!.requested).toBe(6)
  })

  test.each([
    [
      'that is too large',
      { defect: new Error('17 MB are more than limits.frame') },
      '17 MB are more than limits.frame',
    ],
    ['that is not what its format says', { payload: new TextEncoder().encode('{') }, 'ends too early'],
  ])('%s is a dead letter at once', async (_, given, reason) => {
    const { send, connected, opened, delivery, quiet, journal, notices } = rig()
    await connected()
    await send('consume', 'q', undefined, { source: consumed() })
    opened[0]!.sink.deliver(delivery('bad', given))
    await quiet()
    const letters = notices.filter(({ kind }) => kind === 'dead-letter')
    expect([journal, letters.length]).toEqual([['ack bad'], 1])
    expect((letters[0] as { reason: string }).reason).toContain(reason)
    // It does not take a place of those that may be unsettled.
    expect(opened[0]!.requested).toBe(2)
  })
})

describe('a message whose dead letter is refused', () => {
  const source = consumed({ maxDeliveries: 1, deadLetter: 'dead' })
  const refusal = new EnqueueError('dead', 'full')

  /** A message that its handler failed on for the last time. */
  async function refused() {
    const made = rig()
    made.refuse.enqueue = refusal
    await made.connected()
    await made.send('consume', 'q', undefined, { source })
    made.opened[0]!.sink.deliver(made.delivery('bad', { id: '1' }))
    await made.send('nack', '', 1, { reason: 'Error: cannot' })
    const letters = () => made.notices.filter(({ kind }) => kind === 'dead-letter')
    const redelivery = (name: string, attempt: number) =>
      made.delivery(name, { id: '1', attempt, redelivered: true })
    return { ...made, letters, redelivery }
  }

  test('is held, and only the write is tried again, ever more slowly', async () => {
    const { journal, opened, refuse, advance, letters } = await refused()
    expect(journal).toEqual(['refused dead'])
    // Its consumer has asked for another.
    expect(opened[0]!.requested).toBe(2)
    await advance(500)
    await advance(500)
    expect(journal).toHaveLength(2)
    await advance(60_000)
    expect(journal.length).toBeGreaterThan(2)
    refuse.enqueue = undefined
    journal.length = 0
    await advance(60_000)
    expect(journal).toEqual(['enqueue dead "bad"', 'ack bad'])
    expect(letters()).toMatchObject([{ reason: 'Error: cannot', attempts: 1 }])
    await advance(600_000)
    expect(journal).toHaveLength(2)
  })

  test('keeps its reason over the loss of the connection, and goes to no receive', async () => {
    const { journal, opened, redelivery, refuse, advance, letters, lost, connected, send, outcome } =
      await refused()
    await lost(new ConnectionError('gone'))
    await advance(5_000)
    expect(journal).toEqual(['refused dead'])
    refuse.enqueue = undefined
    await connected()
    const seq = await send(...receive, 500)
    const receiver = opened.at(-1)!
    expect(receiver.requested).toBe(1)
    receiver.sink.deliver(redelivery('again', 2))
    await advance(0)
    expect(journal.slice(1)).toEqual(['enqueue dead "bad"', 'ack again'])
    expect(letters()).toMatchObject([{ reason: 'Error: cannot', attempts: 1 }])
    expect([outcome(seq), receiver.requested]).toEqual([undefined, 2])
  })

  test('that the broker delivers again while it is held is one letter, and both are acknowledged', async () => {
    const { journal, opened, redelivery, refuse, advance, letters } = await refused()
    opened[0]!.sink.deliver(redelivery('again', 2))
    refuse.enqueue = undefined
    await advance(500)
    expect(journal.slice(1)).toEqual(['enqueue dead "bad"', 'ack bad', 'ack again'])
    expect(letters()).toHaveLength(1)
  })

  test('is given back as a delivery that counts when the actor stops', async () => {
    const { journal, actor, advance } = await refused()
    const stopped = actor.stop(1_000)
    await advance(0)
    expect(journal).toEqual(['refused dead', 'nack bad 0'])
    await advance(2_000)
    await stopped
    expect(journal).toHaveLength(2)
  })

  test('and that was written, but not acknowledged, is written once', async () => {
    const made = rig()
    await made.connected()
    await made.send('consume', 'q', undefined, { source })
    const ack = () => Promise.reject(new AckError('q', 'the connection was lost'))
    made.opened[0]!.sink.deliver(made.delivery('bad', { id: '1', ack }))
    await made.send('nack', '', 1)
    made.opened[0]!.sink.deliver(made.delivery('again', { id: '1', attempt: 2, redelivered: true }))
    await made.quiet()
    expect(made.journal).toEqual(['enqueue dead "bad"', 'ack again'])
    expect(made.notices.filter(({ kind }) => kind === 'dead-letter')).toHaveLength(1)
  })
})

test('a message that the broker counts as delivered too often goes to no handler', async () => {
  const { send, connected, opened, delivery, quiet, journal, notices } = rig()
  await connected()
  const source = consumed({ maxDeliveries: 2, deadLetter: 'dead' })
  await send('consume', 'q', undefined, { source })
  // Three more than the limit may be deliveries that a crash lost before anybody saw them.
  opened[0]!.sink.deliver(delivery('bad', { attempt: 6, redelivered: true }))
  await quiet()
  expect(journal).toEqual(['enqueue dead "bad"', 'ack bad'])
  expect(notices.filter(({ kind }) => kind === 'dead-letter')).toMatchObject([
    { reason: 'not settled in 2 deliveries', attempts: 2 },
  ])
})

test('a message that its adapter counts as delivered too often goes where the adapter says', async () => {
  const { send, connected, opened, delivery, quiet, journal, notices } = rig()
  await connected()
  await send('consume', 'q', undefined, { source: consumed({ deadLetter: 'dead' }) })
  const exhausted = { deadLetter: 'morgue', reason: 'too often', attempts: 4, headers: { from: 'q' } }
  opened[0]!.sink.deliver(delivery('bad', { attempt: 7, exhausted }))
  await quiet()
  expect(journal).toEqual(['enqueue morgue "bad"', 'ack bad'])
  expect(notices.filter(({ kind }) => kind === 'dead-letter')).toMatchObject([
    { reason: 'too often', attempts: 4, headers: { from: 'q', 'nemo-dead-letter-reason': 'too often' } },
  ])
})

test('what the host has not got goes back uncounted when its consumer ends and the connection stays', async () => {
  const { send, connected, opened, delivery, quiet, journal } = rig()
  await connected()
  const source = consumed({ concurrency: 3, window: { messages: 1, bytes: 1_000 } })
  await send('consume', 'q', undefined, { source })
  for (const name of ['a', 'b', 'c']) opened[0]!.sink.deliver(delivery(name))
  await quiet()
  expect(journal).toEqual([])
  opened[0]!.sink.end(new ConnectionError('the queue moved'))
  await quiet()
  expect(journal).toEqual(['undelivered b', 'undelivered c'])
})

test('what an adapter throws is the error of the operation, with the bug as its cause', async () => {
  const { send, connected, error, refuse } = rig()
  refuse.consume = new TypeError('x is not a function')
  await connected()
  const seq = await send(...receive, 500)
  expect(error(seq)).toMatchObject({ kind: 'dequeue', retryable: false, cause: { name: 'TypeError' } })
})
