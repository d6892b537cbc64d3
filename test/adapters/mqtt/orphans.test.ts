import { expect, test } from 'vitest'
import { EMPTY_PROPERTIES } from '../../../src/adapters/mqtt/client/properties.js'
import type { PublishPacket } from '../../../src/adapters/mqtt/client/publish-decoder.js'
import { OrphanWatch, orphanWill } from '../../../src/adapters/mqtt/orphans.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { SeededRandom } from '../../../src/testing/seeded-random.js'

/** As long as anybody waits after a first mark. */
const GRACE_MS = 2_000

const SHARED = { group: 'g', queue: 'q' }

function scene(answer = () => true) {
  const clock = new ManualClock()
  const adopted: string[] = []
  const watch = new OrphanWatch(SHARED, clock, new SeededRandom(1), (clientId) => {
    adopted.push(clientId)
    return answer()
  })
  let settled = 0
  const hear = (clientId: string, payload: string, topic = orphanWill(SHARED, clientId).topic) => {
    const packet: PublishPacket = {
      topic,
      payload: Buffer.from(payload),
      qos: 1,
      dup: false,
      retain: true,
      id: 1,
      properties: EMPTY_PROPERTIES,
    }
    return watch.accept(packet, { settle: () => ++settled > 0, written() {} })
  }
  return { clock, watch, adopted, hear, settled: () => settled }
}

test('a member that stays away is adopted after a while', async () => {
  const { clock, adopted, hear, settled } = scene()
  expect(hear('a/+ö-queue-q', 'orphaned')).toBe(true)
  await clock.advance(999)
  expect(adopted).toEqual([])
  await clock.advance(GRACE_MS)
  expect([adopted, settled()]).toEqual([['a/+ö-queue-q'], 1])
})

test.each([
  ['is back', ''],
  ['was adopted by another', 'adopted'],
])('a member that %s in time is left alone', async (_, state) => {
  const { clock, adopted, hear } = scene()
  hear('a-queue-q', 'orphaned')
  hear('a-queue-q', state)
  await clock.advance(10 * GRACE_MS)
  expect(adopted).toEqual([])
})

test('who cannot now tries again, less and less often', async () => {
  const { clock, adopted, hear } = scene(() => false)
  hear('a-queue-q', 'orphaned')
  await clock.advance(GRACE_MS)
  expect(adopted).toHaveLength(1)
  await clock.advance(3_600_000)
  expect(adopted.length).toBeGreaterThan(20)
  expect(adopted.length).toBeLessThan(80)
})

test('no mark makes us take the session of a client that is no member', async () => {
  const { clock, adopted, hear } = scene()
  for (const clientId of ['administrator', '', '%']) expect(hear(clientId, 'orphaned')).toBe(true)
  expect(hear('', 'orphaned', 'nemo/orphans/g/q/%E0%A4%A')).toBe(true)
  expect(hear('', 'orphaned', 'nemo/orphans/h/q/a-queue-q')).toBe(false)
  await clock.advance(10 * GRACE_MS)
  expect(adopted).toEqual([])
})

test('a flood of marks is bounded, and closing ends the waiting', async () => {
  const { clock, watch, adopted, hear } = scene()
  for (let i = 0; i < 5_000; i++) hear(`${i}-queue-q`, 'orphaned')
  expect(clock.pending).toHaveLength(1_000)
  watch.close()
  await clock.advance(10 * GRACE_MS)
  expect([adopted, clock.pending]).toEqual([[], []])
})
