import type { Call } from './call.js'

export const NO_CALLS: ReadonlySet<Call> = new Set()

/**
 * Finds the call whose answer ends the connection because it exceeds the limit or is not JSON. Such an answer does
 * not reveal its call: it is the only call in flight, or one that was also in flight the last time.
 */
export class Suspects {
  /** Operations in flight when a connection last ended because of an unreadable answer. */
  #operations: ReadonlySet<string> = new Set()

  /**
   * @param calls the unanswered calls
   * @returns the calls that must not be retried
   */
  ofAnswer(calls: readonly Call[]): ReadonlySet<Call> {
    const before = this.#operations
    const isKnown = ({ operationId }: Call) => operationId !== undefined && before.has(operationId)
    this.#operations = new Set(calls.flatMap(({ operationId }) => operationId ?? []))
    return new Set(calls.length === 1 ? calls : calls.filter(isKnown))
  }
}

/**
 * Returns the calls of the largest message, which the server found too large; none if two messages are equally
 * large.
 */
export function largestOf(calls: readonly Call[]): ReadonlySet<Call> {
  const [first, ...others] = calls
  if (first === undefined) return NO_CALLS
  const largest = others.reduce((most, call) => (call.frameBytes > most.frameBytes ? call : most), first)
  const isOne = calls.every(
    (call) => call.frameBytes < largest.frameBytes || call.companions === largest.companions,
  )
  return isOne ? new Set(calls.filter((call) => call.companions === largest.companions)) : NO_CALLS
}
