import type { Clock } from '../../core/clock.js'
import type { RunNames } from '../../core/settings/late.js'
import type { TriggerSettings } from '../../core/settings/trigger.js'
import type { FlowEvent } from '../events.js'
import { type Gate, gateOf } from './gate.js'
import { Overlap } from './overlap.js'
import { debounce, type Pace, throttle } from './pacing.js'

export interface TriggerDependencies {
  readonly clock: Clock
  readonly data: NonNullable<RunNames['data']>
  /** Runs the action. @throws what the action throws */
  run(action: string, event: FlowEvent, signal: AbortSignal): Promise<unknown>
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
  readonly #settings: TriggerSettings
  readonly #parts: TriggerDependencies
  readonly #gate: Gate
  readonly #paces: readonly Pace[]
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
    const { clock, data } = parts
    const { condition, debounceMs, throttleMs } = settings
    const skipped = () => {
      this.#skipped++
    }
    this.#overlap = new Overlap(settings, (event, signal) => this.#run(event, signal), skipped)
    let pass = (event: FlowEvent) => this.#overlap.offer(event)
    const paces: Pace[] = []
    const add = (make: typeof throttle, ms: number | undefined) => {
      if (ms === undefined) return
      const pace = make(ms, clock, pass, skipped)
      paces.push(pace)
      pass = (event) => pace.offer(event)
    }
    add(throttle, throttleMs)
    add(debounce, debounceMs)
    this.#paces = paces
    const first = pass
    this.#gate = gateOf(condition, {
      clock,
      data,
      pass: (event) => first(event),
      refuse: () => {
        this.#filtered++
      },
    })
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

  /** Takes no more events, and drops those that wait. Runs in progress go on. */
  stop(): void {
    this.#isStopped = true
    this.#gate.stop()
    for (const pace of this.#paces) pace.stop()
    this.#overlap.stop()
  }

  async #run(event: FlowEvent, signal: AbortSignal): Promise<void> {
    this.#runs++
    const { action } = this.#settings
    try {
      await this.#parts.run(action, event, signal)
    } catch {
      // The action has reported its failure.
      if (!signal.aborted) this.#errors++
    }
  }
}
