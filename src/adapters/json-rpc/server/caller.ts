import type { Caller as AccessCaller, AccessRefusal } from '../../../core/adapter/authentication.js'
import type { ByteBudget } from '../../../core/byte-budget.js'
import { MemoryShare } from '../../../core/memory-share.js'
import type { Value } from '../../../core/value.js'
import type { ErrorObject } from './messages.js'

/** The memory that a caller holds in the actor. */
export type CallerMemory = Pick<MemoryShare, 'tryAdd' | 'add'>

export type AdmitRequests = (requests: number) => ErrorObject | undefined

/** Where a caller comes from, and who it is at first. */
export interface CallerOrigin {
  readonly who: AccessCaller
  readonly address: string | undefined
}

/** A caller, as the dispatcher sees it: it may have answers of a limited size made for it at the same time. */
export class Caller {
  readonly memory: CallerMemory
  /** Counts the requests of a message. @returns why they are refused, or `undefined` if they are admitted */
  readonly admit: AdmitRequests
  readonly #expected: MemoryShare
  /** Who it is. */
  who: AccessCaller
  /** Its network address. */
  readonly address: string | undefined
  /** Accepts a token that it sends as the parameters of a call. Absent where tokens come with the request only. */
  authenticate?: (params: Value | undefined) => Promise<Value>
  /** The check of such a token, which its later messages wait for. */
  authenticating: Promise<unknown> | undefined
  /** Calls that were let through. */
  admitted = 0
  /** Why the first of its calls was refused, if one was. */
  refusal: AccessRefusal | undefined
  /** Messages that have been delivered and not answered. */
  #open = 0

  /** @param expected counts the answers that are being made for all callers */
  constructor(memory: CallerMemory, expected: ByteBudget, admit: AdmitRequests, origin: CallerOrigin) {
    this.memory = memory
    this.admit = admit
    this.who = origin.who
    this.address = origin.address
    this.#expected = new MemoryShare(expected)
  }

  /** Whether answers of that many bytes may be made now. A caller without any may always have some made. */
  mayAsk(bytes: number): boolean {
    return this.#open === 0 || this.#expected.fits(this.#expected.bytes + bytes)
  }

  asked(bytes: number): void {
    this.#open++
    this.#expected.add(bytes)
  }

  answered(bytes: number): void {
    this.#open--
    this.#expected.add(-bytes)
  }
}

/** A token in a message was refused. */
export class AccessRefused extends Error {
  readonly refusal: AccessRefusal

  constructor(refusal: AccessRefusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}
