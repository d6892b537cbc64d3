import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LinkReader } from '../../../src/actor/routes/link-reader.js'
import { OutcomeWriter } from '../../../src/actor/routes/outcome-writer.js'
import { Outlet, type OutletMessage } from '../../../src/actor/routes/outlet.js'
import { ByteBudget } from '../../../src/core/byte-budget.js'
import { systemClock } from '../../../src/core/clock.js'
import { RpcError } from '../../../src/core/errors/rpc.js'
import { Channel, openChannel } from '../../../src/mailbox/channel.js'
import {
  type LinkBatch,
  LinkMarks,
  type LinkOutcomes,
  newLinkMarks,
} from '../../../src/mailbox/route-link.js'
import { Turn } from '../../../src/mailbox/turn.js'
import { waitFor } from '../../support/wait-for.js'

const WINDOW = { messages: 8, bytes: 1_000 }
const THRESHOLD = 3

/** An outlet, and a sink that a test kills and starts again. */
function rig() {
  const budget = new ByteBudget(1e9)
  const settled = new Map<number, 'accepted' | 'refused' | 'returned'>()
  const outlet = new Outlet({
    clock: systemClock,
    budget,
    window: WINDOW,
    onChange: () => {},
    onResent: () => {},
    integration: 'sink',
  })
  const settle = (n: number, outcome: 'accepted' | 'refused' | 'returned') => {
    if (settled.has(n)) throw new Error(`message ${n} is settled twice`)
    settled.set(n, outcome)
  }
  let arrived: { number: number; n: number }[] = []
  let channel: Channel<LinkOutcomes, LinkBatch> | undefined
  let marks = new LinkMarks(newLinkMarks())
  const everArrived = new Set<number>()
  return {
    budget,
    settled,
    outlet,
    everArrived,
    arrived: () => arrived,
    marks: () => marks,
    add(n: number) {
      const payload = new Uint8Array([n & 255, n >> 8])
      const message: OutletMessage = {
        target: `t${n % 3}`,
        payload,
        value: undefined,
        extras: n % 5 === 0 ? { headers: { n: String(n) } } : undefined,
        bytes: payload.byteLength,
        isKept: n % 2 === 0,
        accepted: () => settle(n, 'accepted'),
        refused: () => settle(n, 'refused'),
        returned: () => settle(n, 'returned'),
      }
      outlet.add(message)
    },
    /** A new life of the sink. */
    join() {
      channel?.close()
      arrived = []
      const { host, actor } = openChannel()
      const shared = newLinkMarks()
      marks = new LinkMarks(shared)
      const reader = new LinkReader()
      channel = new Channel(actor, new Turn(systemClock, 5), (batch) =>
        reader.read(batch, ({ number, value, target, extras }) => {
          const [low, high] = value as Uint8Array
          const n = low! | (high! << 8)
          expect(target).toBe(`t${n % 3}`)
          expect(extras?.headers?.n).toBe(n % 5 === 0 ? String(n) : undefined)
          everArrived.add(n)
          arrived.push({ number, n })
        }),
      )
      outlet.join({
        kind: 'join-link',
        route: 'r',
        purpose: 'to',
        role: 'source',
        end: host,
        marks: shared,
        sink: { integration: 'sink', kind: 'queue', target: ['q'], maxAttempts: 1 },
        passesBytes: true,
        wantsResults: false,
        idPrefix: 'x',
        poisonThreshold: THRESHOLD,
      })
    },
    answer(count: number, isAccepted: boolean) {
      const writer = new OutcomeWriter()
      for (const { number } of arrived.splice(0, count))
        if (isAccepted) writer.accepted(number)
        else writer.refused(number, new RpcError(1, 'no'))
      channel?.post(writer.take())
    },
    end() {
      outlet.close()
      channel?.close()
    },
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1))

test('settles each message once, in whatever order the sink lives, dies and answers', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 12 }) }),
    fc.record({
      kind: fc.constant('answer' as const),
      count: fc.integer({ min: 1, max: 9 }),
      ok: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('join' as const) }),
    fc.record({ kind: fc.constant('turn' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const sink = rig()
      let added = 0
      for (const each of steps) {
        if (each.kind === 'add') for (let i = 0; i < each.count; i++) sink.add(added++)
        if (each.kind === 'answer') sink.answer(each.count, each.ok)
        if (each.kind === 'join') sink.join()
        if (each.kind === 'turn') await turn()
        // In order, and never more than the window.
        const numbers = sink.arrived().map(({ n }) => n)
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
        expect(numbers.length).toBeLessThanOrEqual(WINDOW.messages)
      }
      sink.join()
      await waitFor(
        () => {
          sink.answer(100, true)
          return sink.settled.size === added
        },
        { what: () => `${added} to be settled: ${sink.settled.size}`, everyMs: 1 },
      )
      expect(sink.outlet.size).toBe(0)
      expect(sink.budget.held).toBe(0)
      for (const [n, outcome] of sink.settled)
        if (outcome === 'accepted') expect(sink.everArrived).toContain(n)
      sink.end()
    }),
    { numRuns: 60 },
  )
}, 120_000)

test('a message that the sink was starting when it died is sent alone, and given up at the threshold', async () => {
  const sink = rig()
  for (let n = 0; n < 6; n++) sink.add(n)
  for (let death = 0; death < THRESHOLD; death++) {
    sink.join()
    const expected = death === 0 ? 6 : 3
    await waitFor(() => sink.arrived().length >= Math.min(expected, death === 0 ? 6 : 1), {
      what: 'messages',
    })
    if (death > 0) {
      // The two before it are answered first; then it is alone.
      await waitFor(() => sink.arrived().length > 0, { what: 'the next' })
      while (sink.arrived()[0]!.n !== 2) {
        const before = sink.settled.size
        sink.answer(1, true)
        await waitFor(() => sink.settled.size > before && sink.arrived().length > 0, { what: 'the suspect' })
      }
      expect(sink.arrived().map(({ n }) => n)).toEqual([2])
    }
    const suspect = sink.arrived().find(({ n }) => n === 2)!
    // At first its neighbours are suspects too.
    if (death === 0) sink.marks().setTurn(suspect.number, suspect.number + 2)
    else sink.marks().setInHand(suspect.number)
  }
  sink.join()
  await waitFor(() => sink.settled.get(2) === 'refused', { what: 'the poison to be refused' })
  await waitFor(
    () => {
      sink.answer(10, true)
      return sink.settled.size === 6
    },
    { what: 'the others' },
  )
  expect([...sink.settled.values()].filter((outcome) => outcome === 'refused')).toHaveLength(1)
  sink.end()
})
