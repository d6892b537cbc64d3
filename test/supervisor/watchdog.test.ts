import { expect, test } from 'vitest'
import { Gauges } from '../../src/mailbox/gauges.js'
import { Watchdog } from '../../src/supervisor/watchdog.js'
import { ManualClock } from '../../src/testing/index.js'

function watched(clock: ManualClock, watchdog: Watchdog, heartbeatMs = 1_000, memory = 1_000) {
  const gauges = new Gauges()
  gauges.beat(1)
  const faults: string[] = []
  const end = watchdog.watch({ gauges, heartbeatMs, memory, onFault: (reason) => faults.push(reason) })
  const live = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      gauges.beat(1)
      await clock.advance(100)
    }
  }
  return { gauges, faults, end, live }
}

test('a thread that beats is left alone, and one that stops is noticed once, soon after its time', async () => {
  const clock = new ManualClock()
  const { faults, live } = watched(clock, new Watchdog(clock))
  await live(60_000)
  expect(faults).toEqual([])
  await clock.advance(1_000)
  expect(faults).toEqual([])
  await clock.advance(200)
  expect(faults).toEqual(['it missed its heartbeat for 1100 ms; "supervision.heartbeat" allows 1000 ms'])
  await clock.advance(10_000)
  expect(faults).toHaveLength(1)
})

test('a thread that handles messages may beat late, but not without end', async () => {
  const clock = new ManualClock()
  const { faults, gauges } = watched(clock, new Watchdog(clock))
  const handle = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      gauges.count('received')
      await clock.advance(500)
    }
  }
  await handle(9_500)
  expect(faults).toEqual([])
  gauges.beat(1)
  await handle(9_500)
  await clock.advance(500)
  expect(faults).toEqual([])
  await clock.advance(500)
  expect(faults).toEqual(['it missed its heartbeat for 10100 ms; "supervision.heartbeat" allows 1000 ms'])
})

test('memory above the mark is noticed at the next look', async () => {
  const clock = new ManualClock()
  const { faults, gauges } = watched(clock, new Watchdog(clock), 1_000, 1024 * 1024)
  gauges.beat(1024 * 1024)
  await clock.advance(100)
  expect(faults).toEqual([])
  gauges.beat(1024 * 1024 + 1)
  await clock.advance(100)
  expect(faults).toEqual(['it held 1 MB of memory; "limits.memory" allows 1 MB'])
})

test('when the host itself stood still, its actors are not blamed for it', async () => {
  const clock = new ManualClock()
  const { faults, live } = watched(clock, new Watchdog(clock))
  await live(500)
  for (let i = 0; i < 5; i++) {
    clock.stall(60_000)
    await clock.advance(100)
  }
  expect(faults).toEqual([])
})

test('each actor is looked at by its own measure, and not after its watch has ended', async () => {
  const clock = new ManualClock()
  const watchdog = new Watchdog(clock)
  const quick = watched(clock, watchdog, 300)
  const slow = watched(clock, watchdog, 5_000)
  const gone = watched(clock, watchdog, 300)
  gone.end()
  await clock.advance(2_000)
  expect([quick.faults.length, slow.faults.length, gone.faults.length]).toEqual([1, 0, 0])
  slow.end()
  expect(clock.pending.filter(({ background }) => !background)).toEqual([])
})

test('looks at nothing when there is nothing to look at', async () => {
  const clock = new ManualClock()
  const { end } = watched(clock, new Watchdog(clock))
  expect(clock.pending).toHaveLength(1)
  end()
  expect(clock.pending).toHaveLength(0)
})
