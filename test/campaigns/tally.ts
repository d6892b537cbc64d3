import type { Random } from './random.js'

/** What is done with one delivery. */
export type Decision = 'handle' | 'fail'

/** Every message has its fate, whatever handler gets it. */
type Fate =
  | { readonly kind: 'good' }
  | { readonly kind: 'flaky'; failures: number }
  | { readonly kind: 'poison' }

/** What a round says of its messages; calm when no actor and no broker ends during it. */
export interface TallyOptions {
  readonly count: number
  readonly calm: boolean
  /** Every delivery says which attempt it is. */
  readonly attempts: boolean
  /** The share of messages that the broker may deliver twice or count once too often. */
  readonly lapses: number
  /** A message that its consumer does not handle in so many deliveries becomes a dead letter. */
  readonly maxDeliveries: number
}

/** Counts the deliveries to handlers, and finds what must not be. */
export class Tally {
  readonly handled = new Set<number>()
  readonly dead = new Set<number>()
  readonly faults: string[] = []
  readonly #options: TallyOptions
  readonly #fates: readonly Fate[]
  readonly #deliveries: number[]
  /** Messages that the broker has delivered twice or counted wrongly. */
  readonly #lapsed = new Set<number>()
  /** What no handler has finished with at this moment. */
  readonly #inHand = new Set<number>()

  constructor(options: TallyOptions, random: Random) {
    this.#options = options
    this.#fates = Array.from({ length: options.count }, () => fate(random))
    this.#deliveries = new Array(options.count).fill(0)
  }

  /** Messages that are neither handled nor dead letters. */
  get open(): number[] {
    return this.#deliveries.flatMap((_, n) => (this.handled.has(n) || this.dead.has(n) ? [] : [n]))
  }

  get deliveries(): number {
    return this.#deliveries.reduce((sum, each) => sum + each, 0)
  }

  /** A handler has got message `n`. */
  delivered(n: number, attempt: number): Decision {
    const { calm, attempts } = this.#options
    const fate = this.#fates[n]
    if (fate === undefined) {
      this.faults.push(`a message that was never sent: ${n}`)
      return 'handle'
    }
    const before = this.#deliveries[n]!++
    if (calm) {
      if (this.handled.has(n)) this.#lapse(n, 'came again after it had been handled')
      if (this.dead.has(n)) this.#lapse(n, 'came again after it was a dead letter')
      if (this.#inHand.has(n)) this.#lapse(n, 'was in two hands at a time')
      if (attempts && attempt !== before + 1)
        this.#lapse(n, `came as attempt ${attempt} at its delivery ${before + 1}`)
    } else if (attempts && attempt < 1) this.faults.push(`message ${n} came as attempt ${attempt}`)
    this.#inHand.add(n)
    if (fate.kind === 'poison') return 'fail'
    return fate.kind === 'flaky' && fate.failures-- > 0 ? 'fail' : 'handle'
  }

  #lapse(n: number, what: string): void {
    const { count, lapses } = this.#options
    if (this.#lapsed.add(n).size > count * lapses) this.faults.push(`message ${n} ${what}`)
  }

  /** Its handler has come to its end, with what it decided. */
  finished(n: number, decision: Decision): void {
    this.#inHand.delete(n)
    if (decision === 'handle') this.handled.add(n)
  }

  /** Message `n` is among the dead letters. */
  died(n: number): void {
    if (this.dead.has(n)) return
    this.dead.add(n)
    const { calm, attempts, lapses, maxDeliveries } = this.#options
    if (!calm) return
    if (this.handled.has(n)) this.faults.push(`message ${n} became a dead letter after it had been handled`)
    if (attempts && lapses === 0 && this.#deliveries[n]! < maxDeliveries)
      this.faults.push(`message ${n} became a dead letter after ${this.#deliveries[n]} deliveries`)
  }
}

function fate(random: Random): Fate {
  const chance = random.next()
  if (chance < 0.02) return { kind: 'poison' }
  return chance < 0.15 ? { kind: 'flaky', failures: random.integer(1, 2) } : { kind: 'good' }
}
