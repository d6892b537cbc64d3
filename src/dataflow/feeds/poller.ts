import { sharedController } from '../../core/abort.js'
import type { Timer } from '../../core/clock.js'
import { type Duration, toMilliseconds } from '../../core/duration.js'
import { ShutdownError } from '../../core/errors/lifecycle.js'
import type { PolledData } from '../../core/settings/data.js'
import { within } from '../within.js'
import type { Feed, FeedDependencies } from './feed.js'
import { retryDelay } from './retry-delay.js'

export interface PollerDependencies extends FeedDependencies {
  /** Whether all values that the parameters need have arrived. */
  isReady(): boolean
  /** Calls the method once and gives the result to the source. @throws what the call throws */
  call(signal: AbortSignal): Promise<void>
  /** Waits until what transforms made of a result has arrived. Absent without transforms. */
  arrived?(): Promise<void>
  /** Ends the source that transforms the results. Absent without transforms. */
  close?(): Promise<void>
}

/** Calls a method at once and then at intervals. Calls do not overlap. After failures it waits longer and longer. */
export class Poller implements Feed {
  readonly #settings: Pick<PolledData, 'name' | 'intervalMs' | 'jitter'>
  readonly #parts: PollerDependencies
  readonly #stopped = sharedController()
  #underWay: Promise<void> | undefined
  #timer: Timer | undefined
  #failures = 0

  constructor(settings: Pick<PolledData, 'name' | 'intervalMs' | 'jitter'>, parts: PollerDependencies) {
    this.#settings = settings
    this.#parts = parts
  }

  start(): void {
    if (this.#parts.isReady()) this.#poll().catch(ignore)
  }

  poke(): void {
    const isWaiting = this.#timer === undefined ? this.#parts.source.update === undefined : this.#failures > 0
    if (isWaiting && !this.#isStopped && this.#parts.isReady()) this.#poll().catch(ignore)
  }

  stop(): void {
    this.#stopped.abort(new ShutdownError())
    this.#timer?.cancel()
  }

  async close(): Promise<void> {
    await this.#parts.close?.()
  }

  /** Calls the method now, or joins the call that is under way. @throws what the call throws */
  refresh({
    timeout,
    signal,
  }: {
    readonly timeout?: Duration
    readonly signal?: AbortSignal
  }): Promise<void> {
    if (this.#isStopped) return Promise.reject(new ShutdownError())
    const timeoutMs = timeout === undefined ? undefined : toMilliseconds(timeout, 'timeout')
    const what = `refresh of data "${this.#settings.name}"`
    const { clock, arrived } = this.#parts
    const poll = arrived === undefined ? this.#poll() : this.#poll().then(arrived)
    return within(clock, what, poll, { timeoutMs, signal })
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted
  }

  #poll(): Promise<void> {
    if (this.#underWay !== undefined) return this.#underWay
    this.#timer?.cancel()
    this.#timer = undefined
    const poll = this.#once()
    this.#underWay = poll
    return poll
  }

  async #once(): Promise<void> {
    const { clock, source, call, failed } = this.#parts
    const began = clock.monotonic()
    let error: unknown
    try {
      await call(this.#stopped.signal)
      this.#failures = 0
    } catch (thrown) {
      error = thrown
      if (this.#isStopped) throw thrown
      this.#failures++
      failed(thrown as Error, source.fail(thrown as Error))
      throw thrown
    } finally {
      this.#underWay = undefined
      this.#schedule(clock.monotonic() - began, error)
    }
  }

  /** Sets the timer of the next call. @param tookMs how long the last call took */
  #schedule(tookMs: number, error: unknown): void {
    const { clock, random } = this.#parts
    const { intervalMs, jitter } = this.#settings
    if (this.#isStopped) return
    const regular = intervalMs === undefined ? undefined : intervalMs * (1 - jitter * random()) - tookMs
    const delay =
      this.#failures === 0 ? regular : Math.max(regular ?? 0, retryDelay(this.#failures, error, random))
    if (delay === undefined) return
    this.#timer = clock.setTimer(delay, () => {
      this.#timer = undefined
      this.#poll().catch(ignore)
    })
  }
}

/** The failure has been reported. */
function ignore(): void {}
