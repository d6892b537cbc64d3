import { describe, expect, test } from 'vitest'
import type { ActorControl, FromThread, StartActor } from '../../src/mailbox/thread-messages.js'
import { Life } from '../../src/supervisor/life.js'
import type { ActorThreadHandle, Spawner, ThreadExit } from '../../src/supervisor/spawner.js'
import { ThreadPool } from '../../src/supervisor/thread-pool.js'
import { Watchdog } from '../../src/supervisor/watchdog.js'
import { Zombies } from '../../src/supervisor/zombies.js'
import { ManualClock } from '../../src/testing/index.js'

class FakeThread implements ActorThreadHandle {
  readonly threadId: number
  readonly loaded = Promise.resolve()
  terminated = false
  referenced = true
  /** Whether it leaves when asked. */
  answers = true
  /** Ends the interruption, once there is one. */
  interrupted: (() => void) | undefined
  receive: (message: FromThread) => void = () => {}
  #onExit: ((exit: ThreadExit) => void)[] = []
  constructor(threadId: number) {
    this.threadId = threadId
  }
  start(): void {}
  attach(): void {}
  join(): void {}
  part(): void {}
  onError(): void {}
  onMessage(receive: (message: FromThread) => void): void {
    this.receive = receive
  }
  leave(): Promise<void> {
    return this.answers ? Promise.resolve() : new Promise(() => {})
  }
  interrupt(): Promise<void> {
    return new Promise((resolve) => {
      this.interrupted = resolve
    })
  }
  onExit(ended: (exit: ThreadExit) => void): void {
    this.#onExit.push(ended)
  }
  terminate(): void {
    this.terminated = true
  }
  unref(): void {
    this.referenced = false
  }
  exit(): void {
    for (const ended of this.#onExit) ended({ code: 1 })
  }
}

describe('zombies', () => {
  test('a thread that ends in time is none', async () => {
    const clock = new ManualClock()
    const reports: unknown[] = []
    const zombies = new Zombies(clock, (...report) => reports.push(report))
    const thread = new FakeThread(5)
    await zombies.end('events', thread, 20)
    expect([thread.terminated, thread.referenced]).toEqual([true, false])
    thread.exit()
    await clock.advance(10_000)
    expect([zombies.count, reports]).toEqual([0, []])
  })

  test('one that does not is counted and reported once, until it ends after all', async () => {
    const clock = new ManualClock()
    const reports: unknown[] = []
    const zombies = new Zombies(clock, (...report) => reports.push(report))
    const thread = new FakeThread(5)
    await zombies.end('events', thread, 20)
    await clock.advance(10_000)
    expect([zombies.count, reports]).toEqual([1, [['events', 5]]])
    thread.exit()
    expect(zombies.count).toBe(0)
  })

  test('one that does not leave is interrupted, and terminated when the interruption has ended', async () => {
    const clock = new ManualClock()
    const zombies = new Zombies(clock, () => {})
    const thread = new FakeThread(5)
    thread.answers = false
    const ended = zombies.end('events', thread, 20)
    await clock.advance(19)
    expect([thread.interrupted, thread.referenced]).toEqual([undefined, false])
    await clock.advance(1)
    expect(thread.terminated).toBe(false)
    thread.interrupted?.()
    await ended
    expect([thread.terminated, thread.referenced]).toEqual([true, false])
  })

  test('an answer during an interruption does not terminate it', async () => {
    const clock = new ManualClock()
    const zombies = new Zombies(clock, () => {})
    const thread = new FakeThread(5)
    let leave = () => {}
    thread.leave = () =>
      new Promise((resolve) => {
        leave = resolve
      })
    const ended = zombies.end('events', thread, 20)
    await clock.advance(20)
    leave()
    await clock.advance(1)
    expect(thread.terminated).toBe(false)
    thread.interrupted?.()
    await ended
    expect(thread.terminated).toBe(true)
  })

  test('one that ends before it leaves is none', async () => {
    const clock = new ManualClock()
    const zombies = new Zombies(clock, () => {})
    const threads = [new FakeThread(5), new FakeThread(6)]
    for (const thread of threads) {
      // A thread that has ended leaves, and is interrupted, in the same turn.
      thread.leave = () => new Promise((resolve) => thread.onExit(() => resolve()))
      thread.interrupt = () => new Promise((resolve) => thread.onExit(() => resolve()))
    }
    const ends = threads.map((thread) => zombies.end('events', thread, 300))
    threads[0]?.exit()
    await clock.advance(300)
    threads[1]?.exit()
    await Promise.all(ends)
    await clock.advance(10_000)
    expect(zombies.count).toBe(0)
  })

  test('waits for a stuck thread only until it is reported', async () => {
    const clock = new ManualClock()
    const zombies = new Zombies(clock, () => {})
    const thread = new FakeThread(5)
    thread.answers = false
    const ended = zombies.end('events', thread, 0)
    await clock.advance(250)
    await ended
    expect([zombies.count, thread.terminated]).toEqual([1, false])
  })
})

describe('thread pool', () => {
  const [one, two] = [new URL('file:///one.js'), new URL('file:///two.js')]
  function pool() {
    const spawned: { readonly worker: URL; readonly thread: FakeThread }[] = []
    const spawner: Spawner = {
      spawn(worker) {
        const thread = new FakeThread(spawned.length + 1)
        spawned.push({ worker, thread })
        return thread
      },
    }
    return { spawned, pool: new ThreadPool(spawner) }
  }

  test('hands out what is prepared, of the right kind, and spawns when there is none', () => {
    const { pool: threads, spawned } = pool()
    threads.prepare(one)
    threads.prepare(two)
    expect(threads.take(two).threadId).toBe(2)
    expect(threads.take(two).threadId).toBe(3)
    expect(threads.take(one).threadId).toBe(1)
    expect(spawned).toHaveLength(3)
  })

  test('keeps as many warm as were asked for, over all that asked', () => {
    const { pool: threads, spawned } = pool()
    threads.keepWarm(one, 1)
    threads.keepWarm(one, 1)
    expect(spawned).toHaveLength(0)
    threads.refill(one)
    threads.refill(one)
    expect(spawned).toHaveLength(2)
    threads.take(one)
    threads.refill(one)
    expect(spawned).toHaveLength(3)
    threads.refill(two)
    expect(spawned).toHaveLength(3)
  })

  test('a thread that dies in waiting is not handed out', () => {
    const { pool: threads, spawned } = pool()
    threads.prepare(one)
    spawned[0]!.thread.exit()
    expect(threads.take(one).threadId).toBe(2)
  })

  test('ends what nobody took when it closes, and prepares no more', () => {
    const { pool: threads, spawned } = pool()
    threads.prepare(one)
    threads.prepare(one)
    threads.take(one)
    threads.close()
    expect(spawned.map(({ thread }) => thread.terminated)).toEqual([false, true])
    threads.prepare(one)
    expect(spawned).toHaveLength(2)
  })
})

describe('a life', () => {
  /** A life of a thread that does nothing by itself. */
  function living() {
    const clock = new ManualClock()
    const died: string[] = []
    const thread = new FakeThread(7)
    const life = new Life<ActorControl>(
      'events',
      thread,
      {
        clock,
        watchdog: new Watchdog(clock),
        zombies: new Zombies(clock, () => {}),
        log: () => {},
      },
      { heartbeatMs: 1_000, memory: Number.POSITIVE_INFINITY },
      { dial: () => {}, died: (reason) => died.push(reason) },
    )
    return { life, thread, died, started: life.start(() => ({ kind: 'start-actor' }) as StartActor, []) }
  }

  test('whose thread exits together with its acknowledgement has not started', async () => {
    const { life, thread, died, started } = living()
    thread.receive({ kind: 'ready' })
    thread.exit()
    await expect(started).rejects.toMatchObject({ kind: 'actor-crashed' })
    expect([life.isRunning, died]).toEqual([false, []])
  })

  test('whose thread exits after its acknowledgement has died', async () => {
    const { life, thread, died, started } = living()
    thread.receive({ kind: 'ready' })
    await started
    thread.exit()
    expect([life.isRunning, died]).toEqual([false, ['it exited with code 1']])
  })

  test('that is stopped together with its acknowledgement has not started', async () => {
    const { life, thread, started } = living()
    thread.receive({ kind: 'ready' })
    void life.stop(0, async () => {})
    await expect(started).rejects.toMatchObject({ kind: 'shutdown' })
    expect(life.isRunning).toBe(false)
  })
})
