import type { ChildSpec } from './child-spec.js'

/** An actor or embedded broker that a supervisor starts, stops and restarts. */
export interface Child {
  readonly spec: ChildSpec
  /** Starts it. Resolves when the start is acknowledged. @throws what the start failed with; then it is not running */
  start(): Promise<void>
  /**
   * Stops it. Resolves when it has stopped, or was killed after the shorter of its `shutdown` and `withinMs`. Never
   * rejects; idempotent.
   */
  stop(withinMs?: number): Promise<void>
  /** Ends it permanently, because the supervisor will not restart it. */
  fail(reason: string): void
  /** Called when it ends without having been stopped. Set by its supervisor. */
  onDeath: ((reason: string) => void) | undefined
}
