import { expect, test } from 'vitest'
import { ShutdownError } from '../../../src/core/errors/lifecycle.js'
import { DataSource } from '../../../src/dataflow/data-source.js'
import { StreamFeed } from '../../../src/dataflow/feeds/stream-feed.js'
import { ManualClock, settled } from '../../../src/testing/manual-clock.js'

/** A feed whose streams end when the test says so. */
function feed() {
  const clock = new ManualClock()
  const began = clock.monotonic()
  const opened: { at: number; end(error?: Error): Promise<void> }[] = []
  const failures: string[] = []
  const source = new DataSource('x', {
    mode: { kind: 'replace' },
    now: () => clock.now(),
    connection: () => 'connected',
    updated: () => {},
  })
  const made = new StreamFeed({
    source,
    clock,
    random: () => 0,
    failed: (error, isNew) => failures.push(`${isNew ? 'new: ' : ''}${error.message}`),
    run: () =>
      new Promise((resolve, reject) => {
        opened.push({
          at: clock.monotonic() - began,
          end: (error) => {
            if (error === undefined) resolve()
            else reject(error)
            return settled()
          },
        })
      }),
  })
  return { clock, opened, failures, source, feed: made }
}

test('a stream that fails is opened again after a growing time, up to a minute', async () => {
  const { clock, opened, failures, source, feed: made } = feed()
  made.start()
  for (let i = 0; i < 9; i++) {
    await opened[i]!.end(new Error('refused'))
    expect(source.status).toBe('error')
    const [next] = clock.pending
    await clock.advance(next!.inMs)
  }
  const waits = opened.slice(1).map(({ at }, i) => (at - opened[i]!.at) / 1_000)
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
  expect(failures.filter((failure) => failure.startsWith('new'))).toHaveLength(1)
  made.opened()
  expect(source.status).toBe('connected')
  await opened[9]!.end(new Error('gone'))
  expect(clock.pending[0]!.inMs).toBe(1_000)
  made.poke()
  expect(clock.pending).toEqual([])
  expect(opened).toHaveLength(11)
})

test('a stream that ends with the gateway, or after the stop, is not opened again', async () => {
  const { clock, opened, failures, feed: made } = feed()
  made.start()
  await opened[0]!.end(new ShutdownError())
  made.start()
  await opened[1]!.end()
  made.start()
  made.stop()
  await opened[2]!.end(new Error('refused'))
  made.poke()
  expect(clock.pending).toEqual([])
  expect(opened).toHaveLength(3)
  expect(failures).toEqual([])
})
