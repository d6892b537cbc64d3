import type { RequestOptions } from '../mailbox/protocol.js'
import type { OutgoingRequest } from '../mailbox/requests.js'
import { traitsOf, type Verb, type VerbTraits } from '../mailbox/verbs.js'

/** Where a request stands on the host's side. */
export type EntryState = 'waiting' | 'posted' | 'settled'

/** One request that the host has accepted and not seen settled: a line of the ledger. */
export class RequestEntry implements OutgoingRequest {
  readonly verb: Verb
  /** It goes first, and takes no room in the mailbox. */
  readonly isSystem: boolean
  readonly target: string
  readonly value: unknown
  readonly options: RequestOptions | undefined
  /** `clock.monotonic()` milliseconds for the actor; 0 for its own time-out. */
  readonly deadline: number
  /**
   * When the host gives it up if nobody else does: milliseconds since the book began. Small, because numbers as
   * large as epoch milliseconds are objects of their own, and there is one of this for every message.
   */
  readonly expiresAfter: number
  /** What it is taken to weigh, in bytes. */
  readonly bytes: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly operation: number
  state: EntryState = 'waiting'
  /** Its number in the current life of the actor. */
  seq = -1
  /** How many actors died with it in hand. */
  deaths = 0
  /** An actor died with it, and perhaps others, in hand. */
  suspect = false
  /** Called when it settles, for whatever reason. */
  onSettled: (() => void) | undefined

  get traits(): VerbTraits {
    return traitsOf(this.verb)
  }

  constructor(
    operation: number,
    verb: Verb,
    target: string,
    value: unknown,
    options: RequestOptions | undefined,
    deadline: number,
    expiresAfter: number,
    bytes: number,
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
  ) {
    this.operation = operation
    this.verb = verb
    this.isSystem = traitsOf(verb).isSystem
    this.target = target
    this.value = value
    this.options = options
    this.deadline = deadline
    this.expiresAfter = expiresAfter
    this.bytes = bytes
    this.resolve = resolve
    this.reject = reject
  }
}
