/** How often a message is delivered by default: over about six minutes. */
const DEFAULT_MAX_DELIVERIES = 20
/**
 * How many deliveries beyond the limit are still passed on. A broker also counts deliveries that a crash lost before
 * the application saw them, and a message must not be dead-lettered unseen.
 */
const UNSEEN_DELIVERIES = 3
const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 30_000

/** What happens to the messages of one queue that are not acknowledged. */
export interface RedeliveryRules {
  readonly queue: string
  /** A message is dead-lettered after this many failed deliveries. */
  readonly maxDeliveries?: number | undefined
  /** The queue for dead letters. If absent, they are only reported. */
  readonly deadLetter?: string | undefined
}

/** What follows a failed delivery. */
export type Redelivery =
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'dead-letter' }

/**
 * Decides what follows a failed delivery.
 * @param attempt the number of the delivery, from 1
 * @param delayMs the delay that the consumer asked for; by default the delay grows with each delivery
 */
export function afterFailure(
  attempt: number,
  delayMs: number | undefined,
  rules: RedeliveryRules,
): Redelivery {
  if (attempt >= mostDeliveries(rules)) return { kind: 'dead-letter' }
  return { kind: 'again', afterMs: delayMs ?? growingDelay(attempt) }
}

/**
 * Whether a message must be dead-lettered on arrival, because too many earlier deliveries ended without a settlement.
 */
export function isOneTooMany(attempt: number, rules: RedeliveryRules): boolean {
  return attempt > mostDeliveries(rules) + UNSEEN_DELIVERIES
}

export function mostDeliveries({ maxDeliveries = DEFAULT_MAX_DELIVERIES }: RedeliveryRules): number {
  return maxDeliveries
}

/**
 * The delay before the next delivery, in milliseconds. There is none after the first failure, which is often transient.
 */
function growingDelay(attempt: number): number {
  return attempt <= 1 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 2))
}
