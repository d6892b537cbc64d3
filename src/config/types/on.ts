// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { OnConditionBlock } from './on-condition.js'

/** The block `on`: Runs an action for an event. */
export interface OnBlock {
  /** The action to run, as `action.NAME` or as text. */
  readonly action: string
  /** Runs the action only if it holds: an expression, or a block. Example: `trigger.value.price > 10`. */
  readonly condition?: boolean | string | OnConditionBlock | undefined
  /**
   * Runs when no event has followed for this time, with the newest.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly debounce?: Duration | undefined
  /**
   * Runs at most once in this time. The newest of the other events runs at its end.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly throttle?: Duration | undefined
  /**
   * Maximum number of runs in progress.
   * A whole number from 1 to 1000.
   * @defaultValue `1`
   */
  readonly concurrency?: number | undefined
  /**
   * What happens to an event while `concurrency` runs are in progress: `queue` lets it wait, `skip` drops it,
   * `restart` cancels the oldest run.
   * @defaultValue `"queue"`
   */
  readonly overlap?: 'queue' | 'skip' | 'restart' | undefined
  /**
   * Maximum number of events that wait with `overlap = "queue"`. Beyond it, the oldest is dropped.
   * A whole number from 1 to 100000.
   * @defaultValue `1000`
   */
  readonly queue_size?: number | undefined
}
