/** How often a message is delivered when its consumer does not say: within some six minutes of trying. */
const DEFAULT_MAX_DELIVERIES = 20
/**
 * A broker counts deliveries that a crash has lost before anybody saw them. So many more are delivered before a message
 * is dead-lettered on arrival, or it would die unseen.
 */
const UNSEEN_DELIVERIES = 3
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000

/** What is done with the messages of one queue that their consumer does not acknowledge. */
export interface RedeliveryRules {
  readonly queue: string
  /** A message that so many deliveries have not settled is dead-lettered. */
  readonly maxDeliveries?: number | undefined
  /** The queue for dead letters; without it they are only reported. */
  readonly deadLetter?: string | undefined
}

/** What follows a delivery that failed. */
export type Redelivery =
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'dead-letter' }

/**
 * @param attempt the number of the delivery that failed, from 1.
 * @param delayMs what the consumer asked for; without it the delay grows, so that a message that always fails is slow.
 */
export function afterFailure(
  attempt: number,
  delayMs: number | undefined,
  rules: RedeliveryRules,
): Redelivery {
  if (attempt >= mostDeliveries(rules)) return { kind: 'dead-letter' }
  return { kind: 'again', afterMs: delayMs ?? growingDelay(attempt) }
}

/** Whether a delivery is one too many: its predecessors ended without a settlement, with their consumers perhaps. */
export function isOneTooMany(attempt: number, rules: RedeliveryRules): boolean {
  return attempt > mostDeliveries(rules) + UNSEEN_DELIVERIES
}

export function mostDeliveries({ maxDeliveries = DEFAULT_MAX_DELIVERIES }: RedeliveryRules): number {
  return maxDeliveries
}

/** None after the first failure, which is often a passing one. */
function growingDelay(attempt: number): number {
  return attempt <= 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 2))
}
