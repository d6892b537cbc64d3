import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { ActorRef } from '../../src/ledger/actor-ref.js'
import { Bell } from '../../src/mailbox/bell.js'
import { openChannel } from '../../src/mailbox/channel.js'
import { CreditTaker } from '../../src/mailbox/credit.js'
import { Gauges } from '../../src/mailbox/gauges.js'
import type { ActorBatch, DeliveryRun, RequestBatch } from '../../src/mailbox/protocol.js'
import { VERBS } from '../../src/mailbox/protocol.js'
import { Turn } from '../../src/mailbox/turn.js'
import { ManualClock, settled } from '../../src/testing/index.js'
import { integrationSettings } from '../support/adapter-context.js'

const ports: MessagePort[] = []
afterEach(() => {
  for (const port of ports.splice(0)) port.close()
})

const WINDOW = { messages: 100, bytes: 1_000 } as const
const WANTED = { kind: 'topic', window: WINDOW, decode: 'value', overflow: 'block' } as const
const ACTOR = {
  settings: integrationSettings({ name: 'events', timeoutMs: 1_000 }),
  protocol: { name: 'test', capabilities: ['publish', 'subscribe'], formats: ['json'] },
  poisonThreshold: 3,
} as const

/** The host's side of an integration, and actors in the hands of the test. */
function rig() {
  const clock = new ManualClock()
  const events = { notice: () => {}, poison: () => {} }
  const ref = new ActorRef(ACTOR, clock, new Turn(clock, 4), events)
  const received: unknown[] = []
  const handler = {
    receive: (run: DeliveryRun) => {
      if (run.payload.kind === 'values') received.push(...run.payload.values)
    },
    dropped: () => {},
    restarted: () => {},
    ended: () => {},
  }
  async function quiet() {
    for (let i = 0; i < 4; i++) {
      await settled()
      await clock.advance(0)
    }
  }
  function actor() {
    const { host, actor: end } = openChannel()
    ports.push(end.port)
    const bell = new Bell(new Int32Array(host.bells), 0)
    const credits: CreditTaker[] = []
    const post = async (batch: Partial<ActorBatch>) => {
      end.port.postMessage(batch)
      bell.ring()
      await quiet()
    }
    return {
      host,
      gauges: new Gauges(),
      /** The credits of the sources that it was asked for. */
      credits,
      /** Does all that it was asked. @returns the verbs */
      async grant(): Promise<readonly string[]> {
        await quiet()
        const verbs: string[] = []
        for (let next = receiveMessageOnPort(end.port); next; next = receiveMessageOnPort(end.port)) {
          const { first, verbs: numbers, options } = next.message as RequestBatch
          for (const each of options ?? [])
            if (each?.source !== undefined) credits.push(new CreditTaker(each.source.credit, WINDOW))
          verbs.push(...numbers.map((number) => VERBS[number]!))
          await post({ done: [first, numbers.length] })
        }
        return verbs
      },
      deliver: (source: number, ...values: unknown[]) =>
        post({
          names: { first: 0, added: ['t'] },
          runs: [
            {
              source,
              count: values.length,
              topics: 0,
              payload: { kind: 'values', values },
              bytes: 0,
              extras: undefined,
            },
          ],
        }),
    }
  }
  /** An actor with an open source, and a successor that has opened it too. */
  async function prepared() {
    const first = actor()
    ref.attach(first.host, first.gauges)
    const opening = ref.open('subscribe', 't', WANTED, handler)
    await first.grant()
    const source = await opening
    const second = actor()
    const successor = ref.prepare(second.host, second.gauges, ACTOR)
    const opened = successor.opened()
    await second.grant()
    await opened
    return { first, second, successor, source }
  }
  return { ref, received, handler, quiet, prepared }
}

test('what a successor delivers is acknowledged at once, and follows what the predecessor delivers', async () => {
  const { received, prepared } = rig()
  const { first, second, successor, source } = await prepared()
  await second.deliver(source.id, 3, 4)
  expect(second.credits[0]!.received).toBe(2)
  const predecessor = successor.commit()
  await first.deliver(source.id, 1, 2)
  expect(received).toEqual([1, 2])
  predecessor.finished()
  expect(received).toEqual([1, 2, 3, 4])
  await second.deliver(source.id, 5)
  expect(received).toEqual([1, 2, 3, 4, 5])
  expect([first.credits[0]!.received, second.credits[0]!.received]).toEqual([2, 3])
})

test('late messages of a predecessor do not count for its successor', async () => {
  const { received, prepared } = rig()
  const { first, second, successor, source } = await prepared()
  successor.commit().finished()
  await first.deliver(source.id, 1)
  expect(received).toEqual([1])
  expect(second.credits[0]!.received).toBe(0)
})

test('a successor that dies before the predecessor has finished loses nothing that it had delivered', async () => {
  const { ref, received, prepared } = rig()
  const { first, second, successor, source } = await prepared()
  await second.deliver(source.id, 1)
  const predecessor = successor.commit()
  ref.detach('boom')
  expect(received).toEqual([1])
  await first.deliver(source.id, 2)
  predecessor.finished()
  expect(received).toEqual([1, 2])
})

test('a source that is opened while others get ready is opened at the successor too', async () => {
  const { ref, handler, prepared } = rig()
  const { first, second, successor } = await prepared()
  const opening = ref.open('subscribe', 'u', WANTED, handler)
  await first.grant()
  await opening
  const opened = successor.opened()
  expect(await second.grant()).toEqual(['subscribe'])
  await opened
  successor.commit().finished()
  expect(await second.grant()).toEqual([])
})

test('a source that is closed meanwhile gets what the successor has delivered, and is closed there', async () => {
  const { received, prepared } = rig()
  const { first, second, successor, source } = await prepared()
  await second.deliver(source.id, 1)
  const closing = source.close()
  await first.grant()
  await closing
  // The handler of a closed consumer gives these back.
  expect(received).toEqual([1])
  await second.deliver(source.id, 2)
  expect(received).toEqual([1, 2])
  successor.commit()
  expect(await second.grant()).toEqual(['unsubscribe'])
})
