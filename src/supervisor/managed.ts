import type { Child } from './child.js'

/** A child and what its supervisor knows about it. It can move to another supervisor. */
export interface Managed {
  readonly child: Child
  /** Whether it has been started, and has neither died nor been stopped since. */
  running: boolean
  /** Counts its starts, so that the report of a death can be matched to one of them. */
  life: number
  startedAt: number
  /** Restarts in a row without a stable period between them. */
  streak: number
  restarts: number
}

export function newManaged(child: Child): Managed {
  return { child, running: false, life: 0, startedAt: 0, streak: 0, restarts: 0 }
}
