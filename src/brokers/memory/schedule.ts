import type { Clock, Timer } from '../../core/clock.js'

interface Entry {
  readonly due: number
  /** Orders tasks that are due at the same time. */
  readonly turn: number
  readonly task: () => void
}

const before = (a: Entry, b: Entry): boolean => a.due < b.due || (a.due === b.due && a.turn < b.turn)

/** Schedules many delayed tasks with one timer and a binary heap. Tasks must not throw. */
export class Schedule {
  readonly #clock: Clock
  readonly #heap: Entry[] = []
  #turn = 0
  #timer: { readonly timer: Timer; readonly due: number } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Runs `task` once after `delayMs` milliseconds. Tasks that are due at the same time run in the order in which they
   * were added.
   */
  after(delayMs: number, task: () => void): void {
    this.#insert({ due: this.#clock.monotonic() + delayMs, turn: this.#turn++, task })
    this.#arm()
  }

  /** Drops all tasks. */
  stop(): void {
    this.#heap.length = 0
    this.#timer?.timer.cancel()
    this.#timer = undefined
  }

  #run = (): void => {
    this.#timer = undefined
    const now = this.#clock.monotonic()
    while (this.#heap.length > 0 && this.#heap[0]!.due <= now) this.#takeFirst().task()
    this.#arm()
  }

  #arm(): void {
    const first = this.#heap[0]
    if (!first || (this.#timer && this.#timer.due <= first.due)) return
    this.#timer?.timer.cancel()
    const wait = first.due - this.#clock.monotonic()
    this.#timer = { timer: this.#clock.setTimer(wait, this.#run, { background: true }), due: first.due }
  }

  #insert(entry: Entry): void {
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  #takeFirst(): Entry {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let at = 0
    for (;;) {
      let child = at * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
    return first
  }
}
