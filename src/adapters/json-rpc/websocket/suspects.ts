import type { Call } from './call.js'

export const NOBODY: ReadonlySet<Call> = new Set()

/**
 * Finds the call whose answer ends the connection: one beyond the limit, of which `ws` reads no more than the length,
 * or one that is no JSON. Nobody knows which call it answers: the only one under way, or one that was under way the
 * last time, too.
 */
export class Suspects {
  /** The operations under way when the last connection ended so. */
  #operations: ReadonlySet<string> = new Set()

  /** @param calls those without an answer. @returns those that are not to be made again */
  ofAnswer(calls: readonly Call[]): ReadonlySet<Call> {
    const before = this.#operations
    const isKnown = ({ operationId }: Call) => operationId !== undefined && before.has(operationId)
    this.#operations = new Set(calls.flatMap(({ operationId }) => operationId ?? []))
    return new Set(calls.length === 1 ? calls : calls.filter(isKnown))
  }
}

/** The calls of the largest message, which is the one that a server finds too large: if it is the only one so large. */
export function largestOf(calls: readonly Call[]): ReadonlySet<Call> {
  const [first, ...others] = calls
  if (first === undefined) return NOBODY
  const largest = others.reduce((most, call) => (call.frameBytes > most.frameBytes ? call : most), first)
  const isOne = calls.every(
    (call) => call.frameBytes < largest.frameBytes || call.companions === largest.companions,
  )
  return isOne ? new Set(calls.filter((call) => call.companions === largest.companions)) : NOBODY
}
