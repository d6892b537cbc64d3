import type { RequestOptions } from '../mailbox/protocol.js'
import type { OutgoingRequest } from '../mailbox/requests.js'
import { traitsOf, type Verb, type VerbTraits } from '../mailbox/verbs.js'

// One executor for all promises: a closure for each would cost more than the promise, and this is done for every message.
const settlers = { resolve: (_value: unknown) => {}, reject: (_error: Error) => {} }
function keepSettlers(resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  settlers.resolve = resolve
  settlers.reject = reject
}

/** One request that the host has accepted, until it is settled. */
export class Request implements OutgoingRequest {
  /** Settles with the request. */
  readonly promise: Promise<unknown>
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: Error) => void
  readonly operation: number
  readonly verb: Verb
  /** It goes first, and takes no room in the mailbox. */
  readonly isSystem: boolean
  readonly target: string
  readonly value: unknown
  readonly options: RequestOptions | undefined
  /** `clock.monotonic()` milliseconds for the actor; 0 for its own time-out. */
  readonly deadline: number
  /**
   * When the host gives it up if nobody else does: whole milliseconds since the ledger began. A fraction, or a number
   * as large as the milliseconds of the machine, would be a separate object, and there is one of this for every message.
   */
  readonly expiresAfter: number
  /** Milliseconds that it may take. */
  readonly timeoutMs: number
  /** Its estimated weight in bytes. */
  readonly bytes: number
  /** Whether it waits, is with the actor, or is settled. */
  state: 'waiting' | 'posted' | 'settled' = 'waiting'
  /** Its number in the current life of the actor. */
  seq = -1
  /** How many actors died with it in hand. */
  deaths = 0
  /** An actor died with it, and perhaps others, in hand. */
  suspect = false
  /** Called when it settles, for whatever reason. */
  onSettled: (() => void) | undefined

  constructor(
    operation: number,
    verb: Verb,
    target: string,
    value: unknown,
    options: RequestOptions | undefined,
    deadline: number,
    expiresAfter: number,
    timeoutMs: number,
    bytes: number,
  ) {
    this.promise = new Promise(keepSettlers)
    this.#resolve = settlers.resolve
    this.#reject = settlers.reject
    this.operation = operation
    this.verb = verb
    this.isSystem = traitsOf(verb).isSystem
    this.target = target
    this.value = value
    this.options = options
    this.deadline = deadline
    this.expiresAfter = expiresAfter
    this.timeoutMs = timeoutMs
    this.bytes = bytes
  }

  get traits(): VerbTraits {
    return traitsOf(this.verb)
  }

  /** Does nothing once it is settled. */
  resolve(value: unknown): void {
    if (this.#settle()) this.#resolve(value)
  }

  /** Does nothing once it is settled. */
  reject(error: Error): void {
    if (this.#settle()) this.#reject(error)
  }

  #settle(): boolean {
    if (this.state === 'settled') return false
    this.state = 'settled'
    this.onSettled?.()
    return true
  }
}
