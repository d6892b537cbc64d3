// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `bulkhead` block: Limits the number of requests in flight. Example: `bulkhead { concurrent = 20 }`. */
export interface BulkheadBlock {
  /**
   * Maximum number of requests in flight.
   * A whole number of at least 1.
   */
  readonly concurrent: number
  /**
   * Maximum number of further requests that wait for a slot. Beyond it, requests fail at once with
   * MailboxFullError.
   * A whole number of at least 0.
   * @defaultValue `100`
   */
  readonly queue?: number | undefined
}
