// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The block `supervisor`: A group of integrations that are restarted together. */
export interface SupervisorBlock {
  /**
   * Which members restart when one crashes: `one_for_one` only that one, `one_for_all` all, `rest_for_one`
   * that one and those declared after it.
   * @defaultValue `"one_for_one"`
   */
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one' | undefined
  /**
   * Maximum number of restarts in the period `within`. With one more the actor counts as failed and stays
   * down.
   * A whole number of at least 0.
   * @defaultValue `10`
   */
  readonly max_restarts?: number | undefined
  /**
   * Period in which restarts are counted.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"60s"`
   */
  readonly within?: Duration | undefined
}
