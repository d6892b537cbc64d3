import type { ChildSpec } from './child-spec.js'

/** Something that a supervisor starts, stops and restarts. */
export interface Child {
  readonly spec: ChildSpec
  /** Resolves when its start is acknowledged. @throws what it failed with; it is not running then. */
  start(): Promise<void>
  /**
   * Resolves when it has stopped, or been given up on after its `shutdown` or `withinMs`, whichever is less; never
   * rejects; idempotent.
   */
  stop(withinMs?: number): Promise<void>
  /** The supervisor has given up: it will not be started again. */
  fail(reason: string): void
  /** Called when it ends without having been stopped. Set by its supervisor. */
  onDeath: ((reason: string) => void) | undefined
}
