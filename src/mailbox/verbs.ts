/** What happens to a request whose actor died before settling it. */
export type CrashRule =
  /** The next life gets it: delivery at least once. */
  | 'hand-over'
  /**
   * The next life gets it if it is idempotent. Otherwise it rejects, because only the caller can decide to repeat it.
   */
  | 'hand-over-if-idempotent'
  /** It resolves with false, because it settles a delivery of the life that is over. */
  | 'answer-false'
  /** It resolves as done, because it ends something that ended with the life. */
  | 'answer-done'

/** The properties of a verb. */
export interface VerbTraits {
  /** Goes before user requests, needs no credit and takes no room in the mailbox. */
  readonly isSystem: boolean
  /** Opens a source of messages. */
  readonly opens: boolean
  /**
   * Settles or ends something that exists. Accepted even if the mailbox is full, the breaker is open or the gateway
   * shuts down; the actor executes it at once, without connection, breaker or retries.
   */
  readonly settles: boolean
  /** May wait indefinitely, so a shutdown does not wait for it. */
  readonly isOpenEnded: boolean
  /** May be executed twice: it is delivered at least once anyway, or has no effect. */
  readonly isRepeatable: boolean | 'by-qos'
  /** Counts for the rate limit and the bulkhead. */
  readonly isLimited: boolean
  readonly onCrash: CrashRule
}

const USER = { isSystem: false, opens: false, settles: false, isOpenEnded: false } as const
const SETTLES = {
  isSystem: true,
  opens: false,
  settles: true,
  isOpenEnded: false,
  isRepeatable: false,
  isLimited: false,
} as const
const OPENS = {
  isSystem: true,
  opens: true,
  settles: false,
  isOpenEnded: true,
  isRepeatable: true,
  isLimited: false,
  onCrash: 'hand-over',
} as const
const CALL = { ...USER, isRepeatable: false, isLimited: true, onCrash: 'hand-over-if-idempotent' } as const

/** The requests of the host to an actor. The position of a verb is its number in a batch: add at the end only. */
export const VERB_TRAITS = {
  call: CALL,
  notify: CALL,
  batch: CALL,
  publish: { ...USER, isRepeatable: 'by-qos', isLimited: true, onCrash: 'hand-over' },
  enqueue: { ...USER, isRepeatable: true, isLimited: true, onCrash: 'hand-over' },
  receive: { ...USER, isOpenEnded: true, isRepeatable: true, isLimited: false, onCrash: 'hand-over' },
  ack: { ...SETTLES, onCrash: 'answer-false' },
  nack: { ...SETTLES, onCrash: 'answer-false' },
  subscribe: OPENS,
  consume: OPENS,
  serve: OPENS,
  unsubscribe: { ...SETTLES, onCrash: 'answer-done' },
  answer: { ...SETTLES, onCrash: 'answer-false' },
  cancel: { ...SETTLES, onCrash: 'answer-done' },
  undelivered: { ...SETTLES, onCrash: 'answer-false' },
  /** Stops taking messages from the broker, and gives unseen messages back. */
  detach: { ...SETTLES, onCrash: 'answer-done' },
  /** Ends a request that the host has timed out, which counts as its time-out and not as a cancellation. */
  expire: { ...SETTLES, onCrash: 'answer-done' },
  /** Opens a source that receives the results of calls (`into`). */
  collect: OPENS,
  /** Sets the newest value of a `data` block, for the transform `join`. */
  join: { ...SETTLES, onCrash: 'hand-over' },
} as const satisfies Readonly<Record<string, VerbTraits>>

export type Verb = keyof typeof VERB_TRAITS

/** The verbs by their numbers. */
export const VERBS = Object.keys(VERB_TRAITS) as readonly Verb[]

export const VERB_NUMBER = Object.fromEntries(VERBS.map((verb, i) => [verb, i])) as Readonly<
  Record<Verb, number>
>

export function traitsOf(verb: Verb): VerbTraits {
  return VERB_TRAITS[verb]
}
