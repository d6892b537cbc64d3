import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../core/clock.js'
import type { RunNames } from '../../core/settings/late.js'
import type { Condition, TriggerSettings } from '../../core/settings/trigger.js'
import type { FlowEvent } from '../events.js'
import type { Accepted, RunAction } from './accepted.js'
import { type Gate, gateOf } from './gate.js'
import { Overlap } from './overlap.js'
import { debounce, type Pace, throttle } from './pacing.js'

export interface TriggerDependencies {
  readonly clock: Clock
  readonly data: NonNullable<RunNames['data']>
  /** Returns a function that runs an action, also after a reload has removed it. */
  bind(action: string): RunAction
  /** Reports that the condition cannot be computed. `isNew` if it could before. */
  conditionFailed(trigger: string, error: Error, isNew: boolean): void
}

/** The figures of an `on` block. */
export interface TriggerFigures {
  /** Events of the block. */
  readonly events: number
  /** Events for which the condition did not hold at once. */
  readonly filtered: number
  /** Events without a run because of `debounce`, `throttle`, `overlap` or the shutdown. */
  readonly skipped: number
  /** Runs that were started. */
  readonly runs: number
  /** Runs that failed, and conditions that could not be computed. */
  readonly errors: number
  /** Events that wait for a run. */
  readonly waiting: number
  /** Runs in progress. */
  readonly running: number
}

/** An `on` block: runs an action for events. Never throws. */
export class Trigger {
  readonly name: string
  #settings: TriggerSettings
  readonly #parts: TriggerDependencies
  #action: RunAction
  #gate: Gate
  #paces: readonly Pace[] = []
  /** Takes an event for which the condition holds. */
  #accept!: (event: Accepted) => void
  readonly #overlap: Overlap
  #events = 0
  #filtered = 0
  #skipped = 0
  #runs = 0
  #errors = 0
  #hasFailed = false
  #isStopped = false

  constructor(settings: TriggerSettings, parts: TriggerDependencies) {
    this.name = settings.name
    this.#settings = settings
    this.#parts = parts
    this.#action = parts.bind(settings.action)
    this.#overlap = new Overlap(settings, (event, signal) => this.#run(event, signal), this.#skip)
    this.#setPace()
    this.#gate = this.#makeGate()
  }

  get figures(): TriggerFigures {
    return {
      events: this.#events,
      filtered: this.#filtered,
      skipped: this.#skipped,
      runs: this.#runs,
      errors: this.#errors,
      waiting: this.#overlap.waiting,
      running: this.#overlap.running,
    }
  }

  /** Takes an event. */
  offer(event: FlowEvent): void {
    if (this.#isStopped) return
    this.#events++
    try {
      this.#gate.offer(event)
      this.#hasFailed = false
    } catch (error) {
      this.#errors++
      this.#parts.conditionFailed(this.name, error as Error, !this.#hasFailed)
      this.#hasFailed = true
    }
  }

  /** Whether events wait, or runs are in progress. */
  get isBusy(): boolean {
    return this.#overlap.waiting > 0 || this.#overlap.running > 0
  }

  /** Takes other settings. Events that wait still get their runs, of the action that they were accepted for. */
  change(settings: TriggerSettings): void {
    const { condition, debounceMs, throttleMs } = this.#settings
    this.#settings = settings
    this.#action = this.#parts.bind(settings.action)
    this.#overlap.change(settings)
    if (settings.debounceMs !== debounceMs || settings.throttleMs !== throttleMs) {
      this.#passWaiting()
      this.#setPace()
    }
    if (isSame(settings.condition, condition)) return
    this.#gate.stop()
    this.#gate = this.#makeGate()
  }

  /** Takes no more events. Those that wait still get their runs. */
  retire(): void {
    this.#isStopped = true
    this.#gate.stop()
    this.#passWaiting()
  }

  /** Takes no more events, and drops those that wait. Runs in progress go on. */
  stop(): void {
    this.#isStopped = true
    this.#gate.stop()
    for (const pace of this.#paces) pace.stop()
    this.#overlap.stop()
  }

  readonly #skip = () => {
    this.#skipped++
  }

  #makeGate(): Gate {
    const { clock, data } = this.#parts
    return gateOf(this.#settings.condition, {
      clock,
      data,
      pass: (event) => this.#accept({ event, run: this.#action }),
      refuse: () => {
        this.#filtered++
      },
    })
  }

  #setPace(): void {
    const { debounceMs, throttleMs } = this.#settings
    let pass = (event: Accepted) => this.#overlap.offer(event)
    const paces: Pace[] = []
    const add = (make: typeof throttle, ms: number | undefined) => {
      if (ms === undefined) return
      const pace = make(ms, this.#parts.clock, pass, this.#skip)
      paces.push(pace)
      pass = (event) => pace.offer(event)
    }
    add(throttle, throttleMs)
    add(debounce, debounceMs)
    this.#paces = paces
    this.#accept = pass
  }

  /** Ends `throttle` and `debounce`. The events that they hold back pass, oldest first. */
  #passWaiting(): void {
    for (const pace of this.#paces) {
      const event = pace.stop()
      if (event !== undefined) this.#overlap.offer(event)
    }
  }

  async #run({ event, run }: Accepted, signal: AbortSignal): Promise<void> {
    this.#runs++
    try {
      await run(event, signal)
    } catch {
      // The action has reported its failure.
      if (!signal.aborted) this.#errors++
    }
  }
}

/** Whether two conditions are the same. An expression has no state, and cannot be compared. */
function isSame(one: Condition | undefined, other: Condition | undefined): boolean {
  return one?.kind !== 'expression' && isDeepStrictEqual(one, other)
}
