// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `threshold` block: Holds once each time a number crosses a threshold. */
export interface OnConditionThresholdBlock {
  /** The threshold. */
  readonly value: number
  /**
   * Path of the number in `trigger.value`. Default: the value itself. Example: `"price"`.
   * @defaultValue `""`
   */
  readonly path?: string | undefined
  /**
   * The side on which the condition holds.
   * @defaultValue `"above"`
   */
  readonly direction?: 'above' | 'below' | undefined
  /**
   * How far the number must go back over the threshold before the condition can hold again.
   * A number of at least 0.
   * @defaultValue `0`
   */
  readonly hysteresis?: number | undefined
  /**
   * How long the number must stay on that side.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"0ms"`
   */
  readonly for?: Duration | undefined
}
