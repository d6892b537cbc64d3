import type { ByteBudget } from '../../../core/byte-budget.js'
import { MemoryShare } from '../../../core/memory-share.js'
import type { ErrorObject } from './messages.js'

/** The memory that a caller holds in the actor. */
export type CallerMemory = Pick<MemoryShare, 'tryAdd' | 'add'>

export type AdmitRequests = (requests: number) => ErrorObject | undefined

/** A caller, as the dispatcher sees it: it may have answers of a limited size made for it at the same time. */
export class Caller {
  readonly memory: CallerMemory
  /** Counts the requests of a message. @returns why they are refused, or `undefined` if they are admitted */
  readonly admit: AdmitRequests
  readonly #expected: MemoryShare
  /** Messages that have been delivered and not answered. */
  #open = 0

  /** @param expected counts the answers that are being made for all callers */
  constructor(memory: CallerMemory, expected: ByteBudget, admit: AdmitRequests) {
    this.memory = memory
    this.admit = admit
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
