import type { Arrivals } from './arrivals.js'
import type { SourceEnd } from './ends.js'

const TICK_MS = 10
/** What may be on its way to the source while that is away. */
const MOST_OUTSTANDING = 4_000
/** How far the sink may be behind, on a machine that is too slow for the rate. */
const MOST_BEHIND = 4_000

/** Produces numbers at a steady rate, whatever becomes of the broker, until it is stopped. */
export class Producer {
  readonly #source: SourceEnd
  readonly #perMs: number
  readonly #arrivals: Arrivals
  readonly #first: number
  readonly #begun = performance.now()
  readonly #timer: NodeJS.Timeout
  #next: number
  #outstanding = 0
  #onSettled: () => void = () => {}

  /** @param first the first number */
  constructor(source: SourceEnd, arrivals: Arrivals, first: number, perSecond: number) {
    this.#source = source
    this.#arrivals = arrivals
    this.#perMs = perSecond / 1_000
    this.#first = this.#next = first
    this.#timer = setInterval(() => this.#produce(), TICK_MS)
  }

  /** The number that is produced next. */
  get next(): number {
    return this.#next
  }

  /** How many messages a second the broker has accepted. */
  get rate(): number {
    const accepted = this.#next - this.#first - this.#outstanding
    return Math.round((accepted / (performance.now() - this.#begun)) * 1_000)
  }

  /** Resolves when the broker has accepted everything. @returns the messages a second of the whole time */
  async stop(): Promise<number> {
    clearInterval(this.#timer)
    const { rate } = this
    while (this.#outstanding > 0)
      await new Promise<void>((resolve) => {
        this.#onSettled = resolve
      })
    return rate
  }

  #produce(): void {
    const due = this.#first + Math.floor((performance.now() - this.#begun) * this.#perMs)
    const end = Math.min(due, this.#arrivals.newest + MOST_BEHIND)
    while (this.#next < end && this.#outstanding < MOST_OUTSTANDING) {
      this.#outstanding++
      void this.#source.produce(this.#next++).then(() => {
        this.#outstanding--
        this.#onSettled()
      })
    }
  }
}
