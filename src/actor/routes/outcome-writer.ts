import { encodeError } from '../../mailbox/error-codec.js'
import type { LinkOutcomes } from '../../mailbox/route-link.js'

/** Collects what has become of messages into a batch for the source. */
export class OutcomeWriter {
  #accepted: number[] = []
  #results: { numbers: number[]; values: unknown[] } | undefined
  #returned: number[] | undefined
  #refused: { numbers: number[]; errors: ReturnType<typeof encodeError>[] } | undefined

  get isEmpty(): boolean {
    const isAccepting = this.#accepted.length > 0 || this.#results !== undefined
    return !isAccepting && this.#refused === undefined && this.#returned === undefined
  }

  accepted(number: number): void {
    const runs = this.#accepted
    const last = runs.length - 2
    if (last >= 0 && runs[last]! + runs[last + 1]! === number) runs[last + 1]!++
    else runs.push(number, 1)
  }

  result(number: number, value: unknown): void {
    this.#results ??= { numbers: [], values: [] }
    this.#results.numbers.push(number)
    this.#results.values.push(value)
  }

  refused(number: number, error: unknown): void {
    this.#refused ??= { numbers: [], errors: [] }
    this.#refused.numbers.push(number)
    this.#refused.errors.push(encodeError(error))
  }

  returned(number: number): void {
    this.#returned ??= []
    this.#returned.push(number)
  }

  take(): LinkOutcomes {
    const outcomes: LinkOutcomes = {
      accepted: this.#accepted.length === 0 ? undefined : this.#accepted,
      results: this.#results,
      refused: this.#refused,
      returned: this.#returned,
    }
    this.#accepted = []
    this.#results = undefined
    this.#refused = undefined
    this.#returned = undefined
    return outcomes
  }
}
