import type { Gauges } from '../mailbox/gauges.js'
import type { Request } from './request.js'

/** What happens to a request whose actor died before it was settled. */
export type CrashOutcome =
  /** The next life gets it: delivery at least once. */
  | 'hand-over'
  /** It may have been executed, and only the caller can decide whether to repeat it. */
  | 'reject'
  /** It was to settle a delivery of the life that is over. */
  | 'answer-false'
  /** It was to end something that ended with the life. */
  | 'answer-done'
  /** It has killed too many actors. */
  | 'dead-letter'

/**
 * Decides what happens to a request whose actor died.
 * @param inHand whether the actor was working on it when it died
 * @param poisonThreshold how many actors one message may kill
 */
export function crashOutcome(request: Request, inHand: boolean, poisonThreshold: number): CrashOutcome {
  if (inHand && request.deaths + 1 >= poisonThreshold) return 'dead-letter'
  const { onCrash } = request.traits
  if (onCrash !== 'hand-over-if-idempotent') return onCrash
  return request.options?.idempotent === true ? 'hand-over' : 'reject'
}

/**
 * Finds the requests that an actor was working on when it died: the request in which it was stuck, else all requests
 * that it started in its last turn, because a callback of any of them may have thrown.
 */
export function findInHand(
  posted: readonly Request[],
  gauges: Pick<Gauges, 'inHand' | 'isInTurn'>,
): readonly Request[] {
  const stuckIn = posted.filter(({ seq }) => seq === gauges.inHand)
  return stuckIn.length > 0 ? stuckIn : posted.filter(({ seq }) => gauges.isInTurn(seq))
}
