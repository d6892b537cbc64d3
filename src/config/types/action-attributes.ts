// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** What every block `action` may have. */
export interface ActionAttributes {
  /**
   * Time limit of a run as a whole.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"30s"`
   */
  readonly timeout?: Duration | undefined
}
