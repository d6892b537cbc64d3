// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'

/** The `supervision` block: How the actor is supervised and restarted. */
export interface SupervisionBlock {
  /**
   * When to restart the actor: `permanent` always, `transient` only after a crash, `temporary` never.
   * @defaultValue `"permanent"`
   */
  readonly restart?: 'permanent' | 'transient' | 'temporary' | undefined
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
  /**
   * Delay before the second consecutive restart. It doubles with each further restart.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"100ms"`
   */
  readonly backoff?: Duration | undefined
  /**
   * Maximum delay. Default: a hundred times `backoff`.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_backoff?: Duration | undefined
  /**
   * How long an actor may neither send a heartbeat nor handle a message before it counts as stuck and is
   * replaced. If it handles messages but sends no heartbeat: ten times as long.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"1s"`
   */
  readonly heartbeat?: Duration | undefined
  /**
   * How long the actor may take to stop before it is terminated.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"5s"`
   */
  readonly shutdown?: Duration | undefined
  /**
   * How long a reload waits until a new or changed actor is connected and has opened all its subscriptions.
   * After that nothing is changed.
   * A duration: milliseconds, or text such as `"30s"`.
   * @defaultValue `"10s"`
   */
  readonly ready_timeout?: Duration | undefined
  /** Name of a `supervisor` block, whose strategy also restarts other members of the group. */
  readonly group?: string | undefined
  /**
   * Number of actors that one message may crash before it is dead-lettered.
   * A whole number of at least 1.
   * @defaultValue `3`
   */
  readonly poison_threshold?: number | undefined
  /**
   * Number of spare threads kept loaded, so that a restart is faster.
   * A whole number from 0 to 16.
   * @defaultValue `0`
   */
  readonly warm_spares?: number | undefined
}
