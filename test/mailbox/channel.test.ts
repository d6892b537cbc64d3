import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/core/clock.js'
import { Channel, openChannel } from '../../src/mailbox/channel.js'
import { Turn } from '../../src/mailbox/turn.js'
import { until } from '../support/adapter-context.js'

const running: Worker[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.terminate()))
})

function toThread() {
  const { host, actor } = openChannel()
  const worker = new Worker(new URL('./channel-echo.js', import.meta.url), {
    workerData: actor,
    transferList: [actor.port],
  })
  running.push(worker)
  const got: unknown[] = []
  let onEcho = () => {}
  const line = new Channel<unknown, unknown>(host, new Turn(systemClock, 4), (batch) => {
    got.push(batch)
    onEcho()
  })
  /** Waits for the next one. */
  const echo = () =>
    new Promise<void>((resolve) => {
      onEcho = resolve
    })
  return { line, got, worker, echo }
}

describe('a line to another thread', () => {
  test('carries batches both ways, in order, from quiet and from busy', async () => {
    const { line, got } = toThread()
    line.post('first')
    await until(() => got.length === 1, 'the first echo')
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 50; i++) line.post(round * 50 + i)
      // Both ends fall asleep in between: no wake-up may be lost.
      await until(() => got.length === 1 + (round + 1) * 50, `the echo of round ${round}`)
    }
    expect(got.slice(1)).toEqual(Array.from({ length: 1_000 }, (_, i) => i))
  })

  test('loses nothing to an end that looks on before it sleeps, whatever the rhythm', async () => {
    const { line, got, echo } = toThread()
    // One at a time without a pause, so that it looks on; then pauses of about as long as it does.
    for (let i = 0; i < 3_000; i++) {
      line.post(i)
      await echo()
      const pause = i < 500 ? 0 : (i % 40) * 0.01
      for (const end = performance.now() + pause; performance.now() < end; );
    }
    expect(got).toEqual(Array.from({ length: 3_000 }, (_, i) => i))
  })

  test('loses no short batch to a side that wakes up before it is written', async () => {
    const { line, got, echo } = toThread()
    for (let i = 0; i < 500; i++) {
      line.postShort(i)
      await echo()
    }
    expect(got).toEqual(Array.from({ length: 500 }, (_, i) => i))
  })

  test('wakes the other side without a batch', async () => {
    const { line, got } = toThread()
    line.post('hello')
    await until(() => got.length === 1, 'the thread is there')
    const count = async () => {
      const before = got.length
      line.post('woken')
      await until(() => got.length > before, 'the count')
      return (got.at(-1) as { woken: number }).woken
    }
    const before = await count()
    line.nudge()
    // The nudge itself, and the question about it, unless both came in one wake-up.
    let after = before
    for (let i = 0; i < 50 && after < before + 2; i++) after = await count()
    expect(after).toBeGreaterThanOrEqual(before + 2)
  })

  test('transfers buffers, and throws for what cannot cross without sending anything', async () => {
    const { line, got } = toThread()
    const { buffer } = new Uint8Array([1, 2, 3])
    line.post({ buffer }, [buffer])
    expect(buffer.byteLength).toBe(0)
    expect(() => line.post({ no: () => 1 })).toThrow(/could not be cloned/)
    line.post('after')
    await until(() => got.length === 2, 'both echoes')
    expect(new Uint8Array((got[0] as { buffer: ArrayBuffer }).buffer)).toEqual(new Uint8Array([1, 2, 3]))
    expect(got[1]).toBe('after')
  })

  test('is quiet once closed', async () => {
    const { line, got } = toThread()
    line.post('x')
    await until(() => got.length === 1, 'an echo')
    line.close()
    line.close()
    line.post('nobody hears this')
    line.nudge()
    const second = toThread()
    second.line.post('y')
    await until(() => second.got.length === 1, 'an echo on another line')
    expect(got).toEqual(['x'])
  })

  test('pulls what has arrived at once when it is asked to, and nothing after it was closed', async () => {
    const { host, actor } = openChannel()
    const got: unknown[] = []
    const one = new Channel<unknown, unknown>(host, new Turn(systemClock, 4), (batch) => got.push(batch))
    const other = new Channel<unknown, unknown>(actor, new Turn(systemClock, 4), () => {})
    for (const n of [1, 2, 3]) other.post(n)
    one.pullAll()
    expect(got).toEqual([1, 2, 3])
    other.post(4)
    one.close()
    one.pullAll()
    expect(got).toEqual([1, 2, 3])
    other.close()
  })
})
