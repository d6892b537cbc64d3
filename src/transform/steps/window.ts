import type { Timer } from '../../core/clock.js'
import type { WindowSettings } from '../../core/settings/transform.js'
import { Held } from '../held.js'
import type { Item } from '../item.js'
import type { Step, StepDependencies } from '../step.js'

/** Makes an array of several items. */
export function windowStep(settings: WindowSettings, parts: StepDependencies): Step {
  const { size, slide } = settings
  return 'ms' in size
    ? new TimeWindow(size.ms, (slide as { readonly ms: number }).ms, settings.limit, parts)
    : new CountWindow(size.messages, (slide as { readonly messages: number }).messages, parts)
}

/**
 * Makes the output of a window. Items that leave pass their hold of their origins to it; for those that stay in the
 * next window, the origins are held once more.
 */
function windowOf(inside: readonly Held[], isLeaving: (at: number) => boolean): Item {
  const origins = inside.flatMap((held, at) => {
    if (isLeaving(at)) return held.give().origins
    for (const origin of held.item.origins) origin.hold()
    return held.item.origins
  })
  return { value: inside.map(({ item }) => item.value), origins }
}

/** A window of a number of items. */
class CountWindow implements Step {
  readonly #size: number
  readonly #slide: number
  readonly #parts: StepDependencies
  #inside: Held[] = []

  constructor(size: number, slide: number, parts: StepDependencies) {
    this.#size = size
    this.#slide = slide
    this.#parts = parts
  }

  run(items: readonly Item[]): readonly Item[] {
    const windows: Item[] = []
    for (const item of items) {
      this.#inside.push(new Held(item, this.#parts.budget))
      // A source that waits for memory would never fill the window.
      if (this.#inside.length >= this.#size) windows.push(this.#close(this.#slide))
      else if (this.#parts.budget.isFull) windows.push(this.#close(this.#inside.length))
    }
    return windows
  }

  flush(): void {
    if (this.#inside.length > 0) this.#parts.emit([this.#close(this.#inside.length)])
  }

  close(): readonly Item[] {
    return this.#inside.splice(0).map((held) => held.give())
  }

  /** Makes a window of all items. @param leaving how many are not in the next window */
  #close(leaving: number): Item {
    const window = windowOf(this.#inside, (at) => at < leaving)
    this.#inside = this.#inside.slice(leaving)
    return window
  }
}

/** A window of a period. It begins with the first item, and there are no empty windows. */
class TimeWindow implements Step {
  readonly #sizeMs: number
  readonly #slideMs: number
  readonly #limit: number
  readonly #parts: StepDependencies
  #inside: { readonly held: Held; readonly at: number }[] = []
  #timer: Timer | undefined
  /** When the window ends. */
  #end = 0

  constructor(sizeMs: number, slideMs: number, limit: number, parts: StepDependencies) {
    this.#sizeMs = sizeMs
    this.#slideMs = slideMs
    this.#limit = limit
    this.#parts = parts
  }

  run(items: readonly Item[]): readonly Item[] {
    const windows: Item[] = []
    const { clock, budget } = this.#parts
    const now = clock.monotonic()
    for (const item of items) {
      this.#inside.push({ held: new Held(item, budget), at: now })
      if (this.#inside.length === 1) this.#endAt(now + this.#slideMs)
      if (this.#inside.length >= this.#limit || budget.isFull) windows.push(this.#closeAll())
    }
    return windows
  }

  flush(): void {
    if (this.#inside.length > 0) this.#parts.emit([this.#closeAll()])
  }

  close(): readonly Item[] {
    this.#timer?.cancel()
    return this.#inside.splice(0).map(({ held }) => held.give())
  }

  #endAt(end: number): void {
    this.#end = end
    this.#timer?.cancel()
    const { clock } = this.#parts
    this.#timer = clock.setTimer(end - clock.monotonic(), () => this.#emitEnded(), { background: true })
  }

  #emitEnded(): void {
    const next = this.#end + this.#slideMs
    // An item may have come in the millisecond in which a tumbling window ends.
    const isTumbling = this.#slideMs === this.#sizeMs
    const window = this.#close((at) => isTumbling || at < next - this.#sizeMs)
    if (this.#inside.length > 0) this.#endAt(next)
    this.#parts.emit([window])
  }

  #closeAll(): Item {
    this.#timer?.cancel()
    return this.#close(() => true)
  }

  /** Makes a window of all items. @param leaves tells by its time whether an item is not in the next window */
  #close(leaves: (at: number) => boolean): Item {
    const window = windowOf(
      this.#inside.map(({ held }) => held),
      (index) => leaves(this.#inside[index]!.at),
    )
    this.#inside = this.#inside.filter(({ at }) => !leaves(at))
    return window
  }
}
