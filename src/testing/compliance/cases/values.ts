import assert from 'node:assert/strict'
import type { SerializeError } from '../../../core/errors/operation.js'
import type { ComplianceCase } from '../case.js'
import type { CaseContext } from '../context.js'
import { rejected, soon } from '../waiting.js'

/** Values in the shape of JSON, which must arrive unchanged. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.1,
  1e21,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  4_294_967_296,
  '',
  'text',
  'ü \u{1f600} \u0000 \u2028 "quoted" \\',
  [],
  {},
  [[], [null], [[1]]],
  { '': 0, 'a.b': { $c: [] }, ключ: 'значение' },
  { a: { b: { c: { d: [1, 'two', false, null, { e: [] }] } } } },
]

/** Values that cannot be represented in JSON. */
const REFUSED: readonly (readonly [string, () => unknown])[] = [
  ['a function', () => () => 1],
  ['a symbol', () => Symbol('s')],
  ['a Map', () => new Map([[1, 2]])],
  ['a BigInt', () => ({ deep: [1n] })],
  ['a promise', () => Promise.resolve(1)],
  [
    'a cycle',
    () => {
      const cycle: unknown[] = []
      cycle.push(cycle)
      return cycle
    },
  ],
]

const LARGE = 1024 * 1024

/** Sends a value and returns what arrived. */
type Carry = (value: unknown) => Promise<unknown>

async function overTopics(context: CaseContext): Promise<Carry> {
  const topic = context.name('values')
  const subscription = await soon(context.pubsub().subscribe(topic), 'subscribe')
  return async (value) => {
    await soon(context.pubsub('other').publish(topic, value), 'publish')
    return (await context.take(subscription, 1))[0]!.value
  }
}

async function overQueues(context: CaseContext): Promise<Carry> {
  const queue = context.name('values')
  const consumer = context.queue().consume(queue)
  const messages = consumer[Symbol.asyncIterator]()
  return async (value) => {
    await soon(context.queue('other').send(queue, value), 'send')
    const next = await soon(messages.next(), 'the next message')
    assert.ok(!next.done)
    await soon(next.value.ack(), 'ack')
    return next.value.value
  }
}

async function overCalls(context: CaseContext): Promise<Carry> {
  await context.serve()
  return async (value) => {
    const answer = await soon(
      context.rpc().call<{ value: unknown }>(context.method('echo'), { value }),
      'call',
    )
    return answer.value
  }
}

const WAYS = [
  ['topics', ['publish', 'subscribe'], overTopics],
  ['queues', ['enqueue', 'dequeue', 'persistentQueue'], overQueues],
  ['calls', ['call'], overCalls],
] as const

/** Cases for valid and invalid payloads. */
export const valueCases: readonly ComplianceCase[] = [
  ...WAYS.flatMap(([way, needs, open]): ComplianceCase[] => [
    {
      name: `values go round over ${way}`,
      needs,
      async run(context) {
        const carry = await open(context)
        for (const value of VALUES) assert.deepEqual(await carry(value), value)
      },
    },
    {
      name: `a megabyte goes round over ${way}`,
      needs,
      async run(context) {
        const carry = await open(context)
        const text = 'ü1234567'.repeat(LARGE / 8)
        assert.ok((await carry(text)) === text, 'a text of a megabyte')
        const list = Array.from({ length: 100_000 }, (_, i) => i)
        assert.deepEqual(await carry(list), list)
      },
    },
    {
      name: `what cannot be serialised is refused over ${way}, and its neighbours pass`,
      needs,
      async run(context) {
        const carry = await open(context)
        for (const [what, make] of REFUSED) {
          const refused = sendOver(way, context, make())
          const neighbours = Promise.all([
            carry({ n: 1 }),
            rejected<SerializeError>(refused, 'serialize', what),
          ])
          const [passed, error] = await soon(neighbours, `the neighbour of ${what}`)
          assert.deepEqual(passed, { n: 1 })
          assert.equal(error.retryable, false)
          assert.ok(error.integration === 'subject' || error.integration === 'other', 'it says where')
        }
      },
    },
  ]),
  {
    name: 'a subscriber may have the bytes, or decode them when it looks',
    needs: ['publish', 'subscribe'],
    async run(context) {
      const topic = context.name('decode')
      const bytes = await soon(context.pubsub().subscribe(topic, { decode: 'bytes' }), 'subscribe')
      const lazy = await soon(context.pubsub().subscribe(topic, { decode: 'lazy' }), 'subscribe')
      const value = await soon(context.pubsub().subscribe(topic), 'subscribe')
      await soon(context.pubsub('other').publish(topic, { n: [1, 'ü'] }), 'publish')
      const [raw, late, early] = [
        (await context.take(bytes, 1))[0]!,
        (await context.take(lazy, 1))[0]!,
        (await context.take(value, 1))[0]!,
      ]
      assert.ok(raw.value instanceof Uint8Array)
      assert.deepEqual(raw.bytes, raw.value)
      assert.deepEqual(late.value, { n: [1, 'ü'] })
      assert.deepEqual(late.bytes, raw.value)
      assert.deepEqual(early.value, { n: [1, 'ü'] })
      assert.equal(early.bytes, undefined)
    },
  },
]

function sendOver(way: (typeof WAYS)[number][0], context: CaseContext, value: unknown): Promise<unknown> {
  switch (way) {
    case 'topics':
      return context.pubsub('other').publish(context.name('values'), value)
    case 'queues':
      return context.queue('other').send(context.name('values'), value)
    case 'calls':
      return context.rpc().call(context.method('echo'), { value })
  }
}
