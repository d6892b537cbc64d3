import type { Gauges } from '../mailbox/gauges.js'
import type { Request } from './request.js'

/** What becomes of a request whose actor died before it was settled. */
export type CrashOutcome =
  /** The successor gets it: at least once. */
  | 'hand-over'
  /** It may have had its effect: only the caller can tell whether to repeat it. */
  | 'reject'
  /** It settles a delivery of the life that is over. */
  | 'answer-false'
  /** It wanted an end, and has it. */
  | 'answer-done'
  /** It has killed too many actors. */
  | 'set-aside'

/**
 * @param inHand whether the actor was working on it at the very moment it died.
 * @param poisonThreshold how many actors one message may kill.
 */
export function crashOutcome(request: Request, inHand: boolean, poisonThreshold: number): CrashOutcome {
  if (inHand && request.deaths + 1 >= poisonThreshold) return 'set-aside'
  const { onCrash } = request.traits
  if (onCrash !== 'hand-over-if-idempotent') return onCrash
  return request.options?.idempotent === true ? 'hand-over' : 'reject'
}

/**
 * What an actor was working on when it died: the one it was stuck in, else all that it began with in its last
 * turn, for a callback of any of them may have thrown.
 */
export function findInHand(
  posted: readonly Request[],
  gauges: Pick<Gauges, 'inHand' | 'isInTurn'>,
): readonly Request[] {
  const stuckIn = posted.filter(({ seq }) => seq === gauges.inHand)
  return stuckIn.length > 0 ? stuckIn : posted.filter(({ seq }) => gauges.isInTurn(seq))
}
