/** What becomes of a request whose actor died before it settled it. */
export type CrashRule =
  /** The next life gets it: at least once. */
  | 'hand-over'
  /** The next life gets it if it is idempotent. Otherwise it rejects: only the caller can tell whether to repeat it. */
  | 'hand-over-if-idempotent'
  /** It names something of the life that is over, and is answered with false. A later life must not see it. */
  | 'answer-false'
  /** It ends something of the life that is over, and is answered as done. A later life must not see it. */
  | 'answer-done'

/** Everything that the gateway must know of a verb. */
export interface VerbTraits {
  /** Goes before user requests, needs no credit and takes no room in the mailbox. */
  readonly isSystem: boolean
  /** Opens a source of messages. */
  readonly opens: boolean
  /**
   * Settles or ends something that exists already. Accepted although the mailbox is full, the breaker is open or the
   * gateway shuts down; the actor carries it out at once, without connection, breaker or retries.
   */
  readonly settles: boolean
  /** May wait for as long as its caller likes: a shutdown does not wait for it. */
  readonly isOpenEnded: boolean
  /** May be carried out again where it may have been carried out: promised at least once, or without effect. */
  readonly isRepeatable: boolean | 'by-qos'
  /** Counts for the rate limit and the bulkhead: it makes the other side work. */
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

/** What the host asks of an actor. The position of a verb is its number in a batch: add at the end only. */
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
  /** Takes nothing from the broker any more, and gives back what nobody has seen. */
  detach: { ...SETTLES, onCrash: 'answer-done' },
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
