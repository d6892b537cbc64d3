/** A timer that has been set. */
export interface Timer {
  /** Cancels the timer. Idempotent; does nothing after the timer has fired. Never throws. */
  cancel(): void
}

/**
 * The only source of time in the gateway, so that tests can control it (`ManualClock` in `nemo-gateway/testing`).
 * All times are milliseconds.
 */
export interface Clock {
  /**
   * Milliseconds since the epoch. Jumps when the system clock is set: for timestamps only, never for deadlines. Never
   * throws.
   * @returns milliseconds since the epoch
   */
  now(): number
  /**
   * Reads the monotonic time, which never goes back. Never throws.
   * @returns milliseconds from an arbitrary origin that all threads of the process share
   */
  monotonic(): number
  /**
   * Calls `task` once after `ms`. Never throws.
   * @param ms milliseconds; less than 0 is 0
   * @param task called once
   * @param options.background true if the timer must not keep the process alive
   * @returns the timer, to cancel it
   */
  setTimer(ms: number, task: () => void, options?: { readonly background?: boolean }): Timer
  /**
   * Calls `task` on a later turn of the event loop, after pending I/O. Never throws.
   * @param task called once
   * @returns the timer, to cancel it
   */
  nextTurn(task: () => void): Timer
}

const LONGEST_TIMER_MS = 2_147_483_647

// performance.now() is fast but counts from the start of its thread; hrtime has one origin for the process but is
// slower.
const [seconds, nanoseconds] = process.hrtime()
const THREAD_ORIGIN_MS = seconds * 1_000 + nanoseconds / 1e6 - performance.now()

/** The system clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => THREAD_ORIGIN_MS + performance.now(),
  setTimer(ms, task, options) {
    const timer = setTimeout(task, Math.min(Math.max(0, ms), LONGEST_TIMER_MS))
    if (options?.background) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  nextTurn(task) {
    const immediate = setImmediate(task)
    return { cancel: () => clearImmediate(immediate) }
  },
}

/**
 * Waits `ms`, or until `signal` aborts.
 * @throws the signal's reason.
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      timer.cancel()
      reject(signal!.reason)
    }
    const timer = clock.setTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Like `sleep`, without keeping the process alive. */
export function backgroundSleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve, { background: true }))
}

interface TimerOptions {
  readonly background?: boolean
}

/**
 * Calls `task` again and again, `ms` after its last run has ended, until cancelled: two runs never overlap.
 * @param task never rejects
 */
export function repeat(clock: Clock, ms: number, task: () => Promise<void>, options?: TimerOptions): Timer {
  return periodic(clock, ms, options, (again) => void task().then(again))
}

/** Calls `task` every `ms` until cancelled; the task may cancel it. The next period starts when the task returns. */
export function every(clock: Clock, ms: number, task: () => void, options?: TimerOptions): Timer {
  return periodic(clock, ms, options, (again) => {
    try {
      task()
    } finally {
      again()
    }
  })
}

/** Calls `run` after `ms`, and each time `ms` after it has called `again`, until cancelled. */
function periodic(
  clock: Clock,
  ms: number,
  options: TimerOptions | undefined,
  run: (again: () => void) => void,
): Timer {
  let isCancelled = false
  const start = () => clock.setTimer(ms, () => run(again), options)
  const again = () => {
    if (!isCancelled) timer = start()
  }
  let timer = start()
  return {
    cancel: () => {
      isCancelled = true
      timer.cancel()
    },
  }
}
