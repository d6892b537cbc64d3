import type { Timer } from '../../core/clock.js'
import type { DebounceSettings } from '../../core/settings/transform.js'
import { Held } from '../held.js'
import { type Item, release } from '../item.js'
import { type Later, then } from '../later.js'
import type { Step, StepDependencies } from '../step.js'
import { KeyedStates } from './keyed.js'

/** The newest item of one key, which waits. */
interface Waiting {
  newest: Held
  timer: Timer
  /** When it passes at the latest. */
  readonly latest: number
}

/** Passes an item of a key when no other has followed for some time. */
export class DebounceStep implements Step {
  readonly #settings: DebounceSettings
  readonly #parts: StepDependencies
  readonly #waiting: KeyedStates<Waiting>

  constructor(settings: DebounceSettings, parts: StepDependencies) {
    this.#settings = settings
    this.#parts = parts
    this.#waiting = new KeyedStates(settings.by, settings.limit, parts)
  }

  run(items: readonly Item[]): Later<readonly Item[]> {
    return then(this.#waiting.keys(items), (keys) => items.flatMap((item, at) => this.#take(item, keys[at]!)))
  }

  flush(): void {
    this.#parts.emit(this.close())
  }

  close(): readonly Item[] {
    return this.#waiting.clear().map(ended)
  }

  /** @returns the item of another key that passes to make room */
  #take(item: Item, key: string): readonly Item[] {
    const { waitMs, maxWaitMs } = this.#settings
    const now = this.#parts.clock.monotonic()
    const newest = new Held(item, this.#parts.budget)
    const waiting = this.#waiting.get(key)
    if (waiting !== undefined) {
      waiting.timer.cancel()
      release(waiting.newest.give(), { kind: 'filtered' })
      waiting.newest = newest
      waiting.timer = this.#passLater(key, Math.min(waitMs, waiting.latest - now))
      return []
    }
    const latest = maxWaitMs === undefined ? Number.POSITIVE_INFINITY : now + maxWaitMs
    const timer = this.#passLater(key, Math.min(waitMs, latest - now))
    const removed = this.#waiting.add(key, { newest, timer, latest })
    return removed === undefined ? [] : [ended(removed)]
  }

  #passLater(key: string, ms: number): Timer {
    const task = () => {
      const waiting = this.#waiting.get(key)!
      this.#waiting.delete(key)
      this.#parts.emit([ended(waiting)])
    }
    return this.#parts.clock.setTimer(ms, task, { background: true })
  }
}

function ended({ newest, timer }: Waiting): Item {
  timer.cancel()
  return newest.give()
}
