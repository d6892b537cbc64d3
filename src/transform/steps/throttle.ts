import type { Timer } from '../../core/clock.js'
import type { ThrottleSettings } from '../../core/settings/transform.js'
import { Held } from '../held.js'
import { type Item, release } from '../item.js'
import { type Later, then } from '../later.js'
import type { Step, StepDependencies } from '../step.js'
import { KeyedStates } from './keyed.js'

/** The current interval of one key. */
interface Interval {
  readonly key: string
  end: number
  /** Passes at the end of the interval. */
  waiting: Held | undefined
  timer: Timer | undefined
}

/** Passes at most one item of a key in each interval: the first, and at its end the newest. */
export class ThrottleStep implements Step {
  readonly #settings: ThrottleSettings
  readonly #parts: StepDependencies
  readonly #intervals: KeyedStates<Interval>

  constructor(settings: ThrottleSettings, parts: StepDependencies) {
    this.#settings = settings
    this.#parts = parts
    this.#intervals = new KeyedStates(settings.by, settings.limit, parts)
  }

  run(items: readonly Item[]): Later<readonly Item[]> {
    return then(this.#intervals.keys(items), (keys) =>
      items.flatMap((item, at) => this.#take(item, keys[at]!)),
    )
  }

  flush(): void {
    this.#parts.emit(this.close())
  }

  close(): readonly Item[] {
    return this.#intervals.clear().flatMap(ended)
  }

  /** @returns the items that pass */
  #take(item: Item, key: string): readonly Item[] {
    const now = this.#parts.clock.monotonic()
    const { intervalMs, trailing } = this.#settings
    const interval = this.#intervals.get(key)
    if (interval === undefined) {
      const begun = { key, end: now + intervalMs, waiting: undefined, timer: undefined }
      const removed = this.#intervals.add(key, begun)
      return [...(removed === undefined ? [] : ended(removed)), item]
    }
    if (now >= interval.end && interval.waiting === undefined) {
      interval.end = now + intervalMs
      return [item]
    }
    if (!trailing) {
      release(item, { kind: 'filtered' })
      return []
    }
    const earlier = interval.waiting
    interval.waiting = new Held(item, this.#parts.budget)
    if (earlier === undefined)
      interval.timer = this.#parts.clock.setTimer(interval.end - now, () => this.#pass(interval), {
        background: true,
      })
    else release(earlier.give(), { kind: 'filtered' })
    return []
  }

  #pass(interval: Interval): void {
    const items = ended(interval)
    interval.end = this.#parts.clock.monotonic() + this.#settings.intervalMs
    this.#parts.emit(items)
  }
}

/** Takes what waits out of an interval. */
function ended(interval: Interval): readonly Item[] {
  interval.timer?.cancel()
  const { waiting } = interval
  interval.waiting = undefined
  return waiting === undefined ? [] : [waiting.give()]
}
