import type { Request } from './request.js'

/** The callbacks of the ledger. */
export interface LedgerEvents {
  /** Returns why there is no connection now. */
  connectionFault(): Error | undefined
  /** Called before time-outs are checked, so that answers that have arrived are received first. */
  expiring(): void
  /** A message has killed too many actors and is dead-lettered. */
  poison(request: Request, reason: string): void
}

/** What all ledgers of one integration share, so that a request can move from one to another. */
export interface LedgerOrigin {
  /** When the address was created, in milliseconds of `clock.monotonic()`. */
  readonly at: number
  /** The number of the next operation, unique over all lives of the actor. */
  operations: number
}
