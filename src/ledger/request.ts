import type { RequestOptions } from '../mailbox/protocol.js'
import type { OutgoingRequest } from '../mailbox/requests.js'
import { traitsOf, type Verb, type VerbTraits } from '../mailbox/verbs.js'
import type { RefusalPace } from './refusal-pace.js'

// All promises share one executor. A closure for each message would cost more than the promise itself.
const settlers = { resolve: (_value: unknown) => {}, reject: (_error: Error) => {} }
function keepSettlers(resolve: (value: unknown) => void, reject: (error: Error) => void): void {
  settlers.resolve = resolve
  settlers.reject = reject
}

/** What has a request until it is settled. */
export interface RequestOwner {
  /** Rejects a request whose caller no longer waits. */
  giveUp(request: Request, error: Error): void
}

/** One accepted request, until it is settled. */
export class Request implements OutgoingRequest {
  /** The caller's promise. */
  readonly promise: Promise<unknown>
  readonly #resolve: (value: unknown) => void
  readonly #reject: (error: Error) => void
  readonly operation: number
  readonly verb: Verb
  /** Whether it goes first and takes no room in the mailbox. */
  readonly isSystem: boolean
  readonly target: string
  readonly value: unknown
  options: RequestOptions | undefined
  /** The deadline for the actor, in milliseconds of `clock.monotonic()`; 0 for the actor's default time-out. */
  readonly deadline: number
  /**
   * When the host times it out, in whole milliseconds since the address was created. A fraction or a large number would
   * be a separate heap object for every message.
   */
  readonly expiresAfter: number
  /** The time-out in milliseconds. */
  readonly timeoutMs: number
  /** The estimated size of the value in bytes. */
  readonly bytes: number
  /** `waiting` on the host, `posted` to the actor, or `settled`. */
  state: 'waiting' | 'posted' | 'settled' = 'waiting'
  /** Its number in the current life of the actor. */
  seq = -1
  /** How many actors died while working on it alone. */
  deaths = 0
  /** Whether an actor died while working on it, perhaps among others. */
  suspect = false
  /** Called once when the request settles. */
  onSettled: (() => void) | undefined
  /** The ledger that has it; another one after a hand-over. */
  owner: RequestOwner

  constructor(
    owner: RequestOwner,
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
    this.owner = owner
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

  /** Resolves the promise; does nothing if it is settled. */
  resolve(value: unknown): void {
    if (this.#settle()) this.#resolve(value)
  }

  /** Resolves the promise with the answer of an actor. @param life the number of its life */
  answer(value: unknown, life: number): void {
    // A message can be settled only in the life that delivered it.
    this.resolve(this.verb === 'receive' && value !== null ? { life, message: value } : value)
  }

  /** Rejects the promise, at the pace given; does nothing if it is settled. */
  reject(error: Error, refusals?: RefusalPace): void {
    if (!this.#settle()) return
    if (refusals === undefined) this.#reject(error)
    else refusals.pace(() => this.#reject(error))
  }

  #settle(): boolean {
    if (this.state === 'settled') return false
    this.state = 'settled'
    this.onSettled?.()
    return true
  }
}
