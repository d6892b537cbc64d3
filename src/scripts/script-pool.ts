import type { Piscina } from 'piscina'
import { backgroundSleep, type Clock, every, sleep, type Timer } from '../core/clock.js'
import { ActorCrashedError, ShutdownError } from '../core/errors/lifecycle.js'
import { MailboxFullError } from '../core/errors/limits.js'
import { TimeoutError } from '../core/errors/operation.js'
import type { ScriptSettings } from '../core/settings/script.js'
import { decodeError, messageOf } from '../mailbox/error-codec.js'
import type { Outcome } from '../mailbox/script-protocol.js'
import type { PerformOperation } from './operations.js'
import { Pauses } from './pauses.js'
import { answer, type ScriptCall } from './script-call.js'
import { ScriptThread, type ThreadScript } from './script-thread.js'
import { faultOf, LOOK_EVERY_MS } from './thread-faults.js'

/** V8's limit, far above that of the settings: one large allocation past it would abort the process. */
const HARD_HEAP_LIMIT_MB = 4_096
/** How long a handler may take to end after its signal has aborted, before its thread is ended. */
const GRACE_MS = 30
/** How long a script may take to load. */
const LOAD_WITHIN_MS = 30_000
const LONGEST_END_MS = 1_000

export interface PoolDependencies {
  readonly clock: Clock
  /** Makes the pool of threads. */
  readonly makePool: (threads: number, heapLimitMb: number) => Piscina
  readonly perform: PerformOperation
  /** Reads what a new thread runs. The files are absent if those on disk were not written since. */
  readonly script: () => Promise<ThreadScript>
  /** Reports a thread that has died or was ended. */
  readonly crashed: (reason: string) => void
  /** Called for each thread that is ended, with a promise that resolves when it has exited. */
  readonly ended: (exited: Promise<void>) => void
  /** Called when a pool that is retired has finished its calls. */
  readonly finished: (pool: ScriptPool) => void
}

/** The threads that run one state of a script, and its calls. */
export class ScriptPool {
  readonly #settings: ScriptSettings
  readonly #parts: PoolDependencies
  readonly #pool: Piscina
  readonly #threads = new Set<ScriptThread>()
  /** Calls that wait for a thread, in order. */
  readonly #waiting = new Map<number, ScriptCall>()
  readonly #look: Timer
  readonly #pauses = new Pauses()
  #isRetired = false
  #isClosed = false

  constructor(settings: ScriptSettings, parts: PoolDependencies) {
    this.#settings = settings
    this.#parts = parts
    this.#pool = parts.makePool(settings.threads, HARD_HEAP_LIMIT_MB)
    // The pool emits the error of a thread without a task, which is being replaced.
    this.#pool.on('error', () => {})
    this.#look = every(parts.clock, LOOK_EVERY_MS, () => this.#lookAtThreads(), { background: true })
  }

  /**
   * Starts all threads.
   * @returns the functions that all threads have loaded
   * @throws what the script throws when it is loaded; Error if it takes too long or too much memory
   */
  async open(script: ThreadScript): Promise<readonly string[]> {
    const threads = Array.from({ length: this.#settings.threads }, () => this.#add(script))
    const loaded = threads.map(async (thread) => {
      const functions = await this.#loaded(thread)
      this.#ready(thread)
      return functions
    })
    const [functions = [], ...others] = await Promise.all(loaded)
    return functions.filter((name) => others.every((each) => each.includes(name)))
  }

  /** Calls waiting and running. */
  get size(): number {
    let running = 0
    for (const thread of this.#threads) running += thread.calls.size
    return this.#waiting.size + running
  }

  /** Takes a call. Its promise settles by the time of the call at the latest. */
  run(call: ScriptCall): void {
    if (this.#waiting.size >= this.#settings.queue) {
      const { name, queue } = this.#settings
      const message = `"queue" of the script "${name}" (${queue}) is full: raise it, or "threads"`
      return answer(call, () => call.reject(new MailboxFullError(message, { notExecuted: true })))
    }
    const left = call.context.deadline - this.#parts.clock.now()
    call.timer = this.#parts.clock.setTimer(left, () => void this.#expire(call, left))
    this.#waiting.set(call.id, call)
    this.#dispatch()
  }

  /** Rejects a call for its caller, and tells its handler. */
  cancel(call: ScriptCall, error: Error): void {
    answer(call, () => call.reject(error))
    if (this.#waiting.delete(call.id)) {
      call.timer?.cancel()
      return this.#finish()
    }
    this.#threadOf(call)?.cancel(call, error)
  }

  /** Lets the calls end, then ends the threads. */
  retire(): void {
    this.#isRetired = true
    this.#finish()
  }

  /** Ends all threads and rejects all calls. Resolves when the threads have ended. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#look.cancel()
    for (const call of this.#waiting.values()) this.#drop(call, new ShutdownError())
    this.#waiting.clear()
    for (const thread of this.#threads) {
      for (const call of thread.calls.keys()) this.#drop(call, new ShutdownError())
      thread.end()
    }
    this.#threads.clear()
    // A thread in a native call ends when the call returns.
    await Promise.race([this.#pool.destroy(), backgroundSleep(this.#parts.clock, LONGEST_END_MS)])
  }

  #add(script: ThreadScript): ScriptThread {
    const thread = new ScriptThread(this.#pool, script, this.#parts.perform, {
      settled: (from, call, outcome) => this.#settled(from, call, outcome),
      ended: ({ exited }) => this.#parts.ended(exited),
      died: (from, reason) => this.#bury(from, reason),
    })
    this.#threads.add(thread)
    return thread
  }

  async #loaded(thread: ScriptThread): Promise<readonly string[]> {
    const reason = `it did not end loading within ${LOAD_WITHIN_MS / 1_000} s: look for a loop or an await at its top level`
    const limit = this.#parts.clock.setTimer(LOAD_WITHIN_MS, () => thread.end(reason), { background: true })
    try {
      return await thread.loaded
    } finally {
      limit.cancel()
    }
  }

  /** Lets a thread take calls. @returns false if it has died since it was loaded */
  #ready(thread: ScriptThread): boolean {
    thread.isReady = this.#threads.has(thread)
    this.#dispatch()
    return thread.isReady
  }

  /** Gives waiting calls to the threads with the fewest. Calls that running ones wait for may go before others. */
  #dispatch(): void {
    for (const [id, call] of this.#waiting) {
      const thread = this.#freest(call)
      if (thread === undefined && ![...this.#threads].some(({ isLending }) => isLending)) return
      if (thread === undefined) continue
      this.#waiting.delete(id)
      try {
        thread.post(call)
      } catch (error) {
        this.#drop(call, error as Error)
      }
    }
  }

  #freest(call: ScriptCall): ScriptThread | undefined {
    let best: ScriptThread | undefined
    for (const thread of this.#threads) {
      const most = this.#settings.concurrent + thread.lentTo(call)
      if (!thread.isReady || thread.calls.size >= most) continue
      if (best === undefined || thread.calls.size < best.calls.size) best = thread
    }
    return best
  }

  #settled(thread: ScriptThread, call: ScriptCall, outcome: Outcome): void {
    call.timer?.cancel()
    if (outcome.ok) this.#pauses.reset()
    answer(call, () => (outcome.ok ? call.resolve(outcome.value) : call.reject(decodeError(outcome.error))))
    this.#endIfIdle(thread)
    this.#dispatch()
    this.#finish()
  }

  /** The time of a call is up. */
  async #expire(call: ScriptCall, afterMs: number): Promise<void> {
    const { name } = this.#settings
    const isWaiting = this.#waiting.has(call.id)
    const operation = `script.${name}.${call.function}`
    const error = new TimeoutError(operation, {
      afterMs: Math.max(0, afterMs),
      ...(isWaiting && { notExecuted: true }),
    })
    const thread = this.#threadOf(call)
    const beat = thread?.gauges.heartbeat
    this.cancel(call, error)
    if (thread === undefined) return
    await sleep(this.#parts.clock, GRACE_MS)
    if (!thread.calls.has(call) || !this.#threads.has(thread)) return
    const reason = `${call.function} did not end when its time was up`
    const turns = thread.gauges.heartbeat !== beat
    // Other calls of a thread that turns are not disturbed: it ends after them.
    if (turns && thread.unanswered > 0) {
      thread.isReady = false
      void this.#replace(0)
      return
    }
    thread.end()
    this.#bury(thread, reason, 0)
  }

  /** Settles the calls of a thread that has ended, and replaces it. */
  #bury(thread: ScriptThread, reason: string, pauseMs?: number): void {
    if (!this.#threads.delete(thread)) return
    const wasReady = thread.isReady
    if (thread.isLoaded) this.#parts.crashed(reason)
    const { begun } = thread.gauges
    const again: ScriptCall[] = []
    for (const [call, number] of thread.calls) {
      if (call.isAnswered) call.timer?.cancel()
      else if (number > begun) again.push(call)
      else this.#drop(call, new ActorCrashedError(reason, true))
    }
    // What was not begun goes first.
    const later = [...this.#waiting]
    this.#waiting.clear()
    for (const call of again) this.#waiting.set(call.id, call)
    for (const [id, call] of later) this.#waiting.set(id, call)
    this.#dispatch()
    if (wasReady) void this.#replace(pauseMs ?? this.#pauses.next())
    this.#finish()
  }

  /** Starts a thread in the place of another. Tries until it succeeds. */
  async #replace(pauseMs: number): Promise<void> {
    for (let pause = pauseMs; !this.#isClosed; pause = this.#pauses.next()) {
      if (pause > 0) await backgroundSleep(this.#parts.clock, pause)
      const script = await this.#parts.script()
      if (this.#isClosed) break
      const thread = this.#add(script)
      try {
        await this.#loaded(thread)
        if ((await this.#isLatest(script)) && this.#ready(thread)) return
      } catch (error) {
        if (!this.#isClosed) this.#parts.crashed(messageOf(error))
      }
      this.#threads.delete(thread)
      thread.end()
    }
  }

  /** Whether a thread has loaded the state of its script, although files may have changed meanwhile. */
  async #isLatest({ files }: ThreadScript): Promise<boolean> {
    return files !== undefined || (await this.#parts.script()).files === undefined
  }

  /** Ends a thread that was kept for its last calls. */
  #endIfIdle(thread: ScriptThread): void {
    if (thread.isReady || thread.unanswered > 0 || !this.#threads.delete(thread)) return
    for (const call of thread.calls.keys()) call.timer?.cancel()
    thread.end()
    this.#parts.crashed('a handler did not end when its time was up')
  }

  #finish(): void {
    if (!this.#isRetired || this.#isClosed || this.#waiting.size > 0) return
    for (const thread of this.#threads) if (thread.unanswered > 0) return
    void this.close().then(() => this.#parts.finished(this))
  }

  #threadOf(call: ScriptCall): ScriptThread | undefined {
    for (const thread of this.#threads) if (thread.calls.has(call)) return thread
    return undefined
  }

  #drop(call: ScriptCall, error: Error): void {
    call.timer?.cancel()
    answer(call, () => call.reject(error))
  }

  #lookAtThreads(): void {
    const rss = process.memoryUsage.rss()
    for (const thread of [...this.#threads]) {
      const reason = faultOf(thread, this.#settings, rss)
      if (reason === undefined) continue
      thread.end(reason)
      this.#bury(thread, reason)
    }
  }
}
