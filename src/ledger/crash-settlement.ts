import { ActorCrashedError } from '../core/errors/lifecycle.js'
import type { Gauges } from '../mailbox/gauges.js'
import { type CrashOutcome, crashOutcome, findInHand } from './crash-outcome.js'
import type { Request } from './request.js'
import type { RequestQueue } from './request-queue.js'

export interface CrashSettings {
  readonly integration: string
  /** How many actors one message may kill. */
  readonly poisonThreshold: number
  /** A message has killed too many actors and is dead-lettered. */
  poison(request: Request): void
}

/**
 * Settles the requests of a dead actor that cannot be repeated. All others that it had are removed from its queue.
 * @returns these others, which the next life gets
 */
export function settleCrashed(
  queue: RequestQueue,
  gauges: Gauges,
  reason: string,
  settings: CrashSettings,
): Request[] {
  const handOver: Request[] = []
  const posted = queue.detach()
  const inHand = findInHand(posted, gauges)
  for (const request of posted) {
    const wasInHand = inHand.length === 1 && request === inHand[0]
    const outcome = crashOutcome(request, wasInHand, settings.poisonThreshold)
    if (wasInHand) request.deaths++
    if (outcome === 'hand-over') handOver.push(request)
    else settle(request, outcome, reason, settings)
  }
  // A request that names a delivery or source of this life must not reach the next life, which reuses the numbers.
  for (const request of [...queue]) {
    const { onCrash } = request.traits
    if (onCrash !== 'answer-false' && onCrash !== 'answer-done') continue
    queue.forget(request)
    settle(request, onCrash, reason, settings)
  }
  // One of these killed the actor: the next life executes them one at a time to find out which.
  for (const request of inHand) request.suspect = true
  return handOver
}

function settle(
  request: Request,
  outcome: Exclude<CrashOutcome, 'hand-over'>,
  reason: string,
  { integration, poison }: CrashSettings,
): void {
  switch (outcome) {
    case 'answer-false':
      return request.resolve(false)
    case 'answer-done':
      return request.resolve(undefined)
    case 'dead-letter':
    case 'reject':
      if (outcome === 'dead-letter') poison(request)
      return request.reject(new ActorCrashedError(reason, true, { integration }))
  }
}
