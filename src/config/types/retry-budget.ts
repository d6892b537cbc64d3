// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `budget` block:  */
export interface RetryBudgetBlock {
  /**
   * Average number of retries per request.
   * A number from 0 to 10.
   * @defaultValue `0.2`
   */
  readonly share?: number | undefined
  /**
   * Number of retries per second that are always allowed.
   * A number of at least 0.
   * @defaultValue `10`
   */
  readonly min_per_second?: number | undefined
}
