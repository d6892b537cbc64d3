import { expect, test } from 'vitest'
import type { Received } from '../../../src/actor/routes/received.js'
import { Storing } from '../../../src/actor/routes/storing.js'
import type { BufferedMessage, MessageBuffer } from '../../../src/buffer/message-buffer.js'
import { EnqueueError } from '../../../src/core/errors/queue.js'
import { ManualClock, SeededRandom } from '../../../src/testing/index.js'

/** A buffer whose disk the test fills and frees. */
function rig() {
  const clock = new ManualClock()
  const stored: string[] = []
  const state = { error: undefined as Error | undefined, appends: 0 }
  const settled: string[] = []
  const refusals: (string | undefined)[] = []
  const buffer = {
    append: async ({ payload }: BufferedMessage) => {
      state.appends++
      if (state.error !== undefined) throw state.error
      return stored.push(Buffer.from(payload).toString())
    },
    figures: () => ({ pendingMessages: 0, pendingBytes: 0 }),
  } as unknown as MessageBuffer
  const storing = new Storing({
    buffer,
    clock,
    random: new SeededRandom(1),
    onChange: () => {},
    onRefusal: (error) => refusals.push(error?.message),
    failed: ({ payload }, error) =>
      settled.push(`failed ${Buffer.from(payload).toString()}: ${error.message}`),
  })
  const received = (text: string): Received => ({
    topic: 't',
    payload: Buffer.from(text),
    headers: undefined,
    contentType: undefined,
    source: {
      isKept: true,
      accepted: () => settled.push(`accepted ${text}`),
      refused: () => settled.push(`refused ${text}`),
      returned: () => settled.push(`returned ${text}`),
    },
  })
  return {
    clock,
    stored,
    state,
    settled,
    refusals,
    storing,
    store: (text: string) => storing.store(received(text)),
  }
}

const FULL = new EnqueueError('/buffer', 'the disk is full', { retryable: true, fault: 'local' })

test('messages that the disk refuses wait, are tried more and more rarely, and are stored in order', async () => {
  const { clock, stored, state, settled, refusals, storing, store } = rig()
  store('a')
  await clock.advance(0)
  state.error = FULL
  state.appends = 0
  for (const text of ['b', 'c', 'd']) store(text)
  await clock.advance(60_000)
  store('e')
  // Three that were under way, and then one after 0.1, 0.2, 0.4 … 5 s each.
  expect(state.appends).toBeGreaterThan(10)
  expect(state.appends).toBeLessThan(30)
  expect(settled).toEqual(['accepted a'])
  expect(storing.waiting).toBe(4)
  expect(storing.unsafe).toEqual({ size: 4, bytes: 4 })

  state.error = undefined
  await clock.advance(5_000)
  expect(stored).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(settled).toEqual(['a', 'b', 'c', 'd', 'e'].map((text) => `accepted ${text}`))
  expect(storing.unsafe).toEqual({ size: 0, bytes: 0 })
  expect(refusals.slice(-2)).toEqual([expect.stringContaining('the disk is full'), undefined])
  store('f')
  await clock.advance(0)
  expect(stored.at(-1)).toBe('f')
})

test('a message that will never have room is not repeated, and does not stop those behind it', async () => {
  const { clock, stored, state, settled, store } = rig()
  state.error = FULL
  store('large')
  await clock.advance(0)
  store('small')
  state.error = new EnqueueError('/buffer', 'raise max_bytes', { retryable: false, fault: 'local' })
  await clock.advance(150)
  expect(settled).toEqual([
    'failed large: send to queue /buffer: raise max_bytes',
    'failed small: send to queue /buffer: raise max_bytes',
  ])
  state.error = undefined
  store('next')
  await clock.advance(0)
  expect(stored).toEqual(['next'])
})

test('what was not stored is given back at the end', async () => {
  const { clock, state, settled, storing, store } = rig()
  state.error = FULL
  for (const text of ['a', 'b']) store(text)
  await clock.advance(0)
  storing.close()
  await clock.advance(60_000)
  expect(settled).toEqual(['returned a', 'returned b'])
  store('c')
  await clock.advance(0)
  expect(settled.at(-1)).toBe('returned c')
})
