import { expect, test } from 'vitest'
import { Outbox } from '../../src/actor/outbox.js'
import type { Channel } from '../../src/mailbox/channel.js'
import type { ActorBatch, RequestBatch, Verb } from '../../src/mailbox/protocol.js'
import { ManualClock } from '../../src/testing/index.js'

function rig() {
  const clock = new ManualClock()
  const sent: number[] = []
  let underWay = 0
  let looks = 0
  let nudges = 0
  let isHostBusy = false
  const line = {
    post: ({ done = [], replies, failures }: ActorBatch) =>
      sent.push(
        done.reduce(
          (sum, n, i) => sum + (i % 2 ? n : 0),
          (replies?.seqs.length ?? 0) + (failures?.seqs.length ?? 0),
        ),
      ),
    answeredAll: () => looks++,
    nudge: () => nudges++,
    postShort: (batch: ActorBatch) => line.post(batch),
    get isOtherBusy() {
      return isHostBusy
    },
  } as unknown as Channel<ActorBatch, RequestBatch>
  let settling = 0
  const outbox = new Outbox(
    clock,
    line,
    () => underWay,
    () => settling,
  )
  let seq = 0
  /** One of those under way. */
  function settle(verb: Verb, outcome: 'nothing' | 'value' | 'error') {
    underWay--
    const request = { seq: seq++, verb }
    if (outcome === 'nothing') outbox.done(request)
    else if (outcome === 'value') outbox.reply(request, 'value')
    else outbox.fail(request, new Error('refused'))
  }
  return {
    clock,
    outbox,
    sent,
    looks: () => looks,
    nudges: () => nudges,
    hostIsBusy: (busy: boolean) => {
      isHostBusy = busy
    },
    take: (count: number) => {
      underWay += count
    },
    /** As publishes that the broker acknowledges. */
    acknowledge(count: number) {
      for (let i = 0; i < count; i++) settle('publish', 'nothing')
    },
    /** As calls that are answered. */
    answer(count: number) {
      for (let i = 0; i < count; i++) settle('call', 'value')
    },
    settle,
    /** As settlements of a queue's messages that the broker confirms. */
    takeSettlements: (count: number) => {
      settling += count
    },
    confirm(count: number) {
      for (let i = 0; i < count; i++) {
        settling--
        outbox.reply({ seq: seq++, verb: 'ack' }, true)
      }
    },
    /** As a publish that is done as soon as it is taken. */
    doneAtOnce: () => outbox.done({ seq: seq++, verb: 'publish' }),
  }
}

test('what is done at once is answered at once', () => {
  const { outbox, doneAtOnce, sent } = rig()
  outbox.whileAccepting(() => {
    doneAtOnce()
    doneAtOnce()
  })
  expect(sent).toEqual([2])
})

test('settlements that are confirmed one after another leave together', async () => {
  const { clock, sent, takeSettlements, confirm } = rig()
  takeSettlements(3)
  confirm(2)
  expect(sent).toEqual([])
  await clock.advance(0)
  expect(sent).toEqual([2])
  confirm(1)
  expect(sent).toEqual([2, 1])
})

test('answers that wait for more of them go on waiting while requests come', async () => {
  const { clock, outbox, sent, take, answer } = rig()
  take(100)
  answer(11)
  outbox.whileAccepting(() => take(10))
  await clock.advance(0)
  expect(sent).toEqual([])
  answer(80)
  await clock.advance(0)
  expect(sent).toEqual([91])
})

test('they wait for those that the host will send when it has taken the last ones', async () => {
  const { clock, outbox, sent, take, answer, hostIsBusy } = rig()
  take(100)
  answer(80)
  await clock.advance(0)
  hostIsBusy(true)
  answer(19)
  await clock.advance(0)
  expect(sent).toEqual([80])
  outbox.whileAccepting(() => take(80))
  answer(60)
  await clock.advance(0)
  expect(sent).toEqual([80, 79])
})

test('they do not wait where the host has taken the last ones and sends no more', async () => {
  const { clock, sent, take, answer, hostIsBusy } = rig()
  take(100)
  answer(80)
  await clock.advance(0)
  hostIsBusy(true)
  answer(1)
  hostIsBusy(false)
  answer(14)
  await clock.advance(0)
  expect(sent).toEqual([80, 15])
})

test('the last of all waits for nothing', async () => {
  const { clock, sent, take, answer, hostIsBusy } = rig()
  take(100)
  answer(80)
  await clock.advance(0)
  hostIsBusy(true)
  answer(20)
  await clock.advance(0)
  expect(sent).toEqual([80, 20])
})

test('they wait no longer than a moment', async () => {
  const { clock, sent, take, answer } = rig()
  take(100)
  answer(11)
  await clock.advance(1)
  expect(sent).toEqual([])
  await clock.advance(1)
  expect(sent).toEqual([11])
})

test('the line looks on only where one was answered and nothing else is under way', async () => {
  const { clock, take, answer, looks } = rig()
  take(1)
  answer(1)
  await clock.advance(1)
  expect(looks()).toBe(1)
  take(2)
  answer(1)
  await clock.advance(1)
  expect(looks()).toBe(1)
  answer(1)
  await clock.advance(1)
  expect(looks()).toBe(2)
  take(3)
  answer(3)
  await clock.advance(1)
  expect(looks()).toBe(2)
})

test('the last one leaves at once, not at the end of the turn', () => {
  const { sent, take, answer } = rig()
  take(2)
  answer(1)
  expect(sent).toEqual([])
  answer(1)
  expect(sent).toEqual([2])
})

test('where many come in the first half of the pause the others get the second, and no more', async () => {
  const { clock, sent, take, answer } = rig()
  take(100)
  answer(1)
  await clock.advance(1)
  answer(16)
  await clock.advance(2)
  expect(sent).toEqual([])
  answer(16)
  await clock.advance(1)
  expect(sent).toEqual([33])
})

test('where few come in the first half of the pause they leave after it', async () => {
  const { clock, sent, take, answer } = rig()
  take(100)
  answer(1)
  await clock.advance(1)
  answer(15)
  await clock.advance(1)
  expect(sent).toEqual([16])
})

test.each([383, 384])(
  'acknowledgements wait for one another only where very many are in play: %i',
  async (inPlay) => {
    const { clock, sent, take, acknowledge } = rig()
    take(inPlay + 1)
    acknowledge(1)
    await clock.advance(0)
    acknowledge(9)
    await clock.advance(0)
    expect(sent).toEqual(inPlay < 384 ? [1, 9] : [1])
    await clock.advance(2)
    expect(sent).toEqual([1, 9])
  },
)

test.each([
  ['publish', 'nothing'],
  ['publish', 'error'],
  ['enqueue', 'value'],
  ['enqueue', 'error'],
] as const)('after a silence the first of them leaves at once: %s with %s', async (verb, outcome) => {
  const { clock, sent, take, settle } = rig()
  take(1_000)
  settle(verb, outcome)
  await clock.advance(0)
  expect(sent).toEqual([1])
  settle(verb, outcome)
  await clock.advance(0)
  expect(sent).toEqual([1])
})

test.each(['value', 'error'] as const)('the first answer to a call does not, with %s', async (outcome) => {
  const { clock, sent, take, settle } = rig()
  take(1_000)
  settle('call', outcome)
  await clock.advance(0)
  expect(sent).toEqual([])
})

test('the host is woken for an answer that begins to come in when it is the only one that anybody waits for', () => {
  const { outbox, take, nudges } = rig()
  outbox.answerBegins()
  expect(nudges()).toBe(0)
  take(1)
  outbox.answerBegins()
  expect(nudges()).toBe(1)
  take(1)
  outbox.answerBegins()
  expect(nudges()).toBe(1)
})

test('an answer that fills the batch leaves at once, though more calls are in flight', () => {
  const { outbox, sent, take } = rig()
  take(100)
  outbox.reply({ seq: 1, verb: 'call' }, 'small', 1_000)
  expect(sent).toEqual([])
  outbox.reply({ seq: 2, verb: 'call' }, 'large', 600_000)
  expect(sent).toEqual([2])
  outbox.fail({ seq: 3, verb: 'call' }, new Error('refused'), 600_000)
  expect(sent).toEqual([2, 1])
  // Without a report the size is estimated.
  outbox.reply({ seq: 4, verb: 'call' }, 'x'.repeat(600_000))
  expect(sent).toEqual([2, 1, 1])
})
