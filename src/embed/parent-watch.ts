import { type Clock, every, type Timer } from '../core/clock.js'

const LOOK_EVERY_MS = 250
/** The parent of processes whose own parent has died, and of services. */
const INIT = 1

/**
 * Calls `gone` when the parent of this process dies, also if it cannot close our input because another process has
 * inherited it. A process whose parent is init has no parent to watch.
 * @param parent the process id of the parent, read when this process started: it may die while the gateway starts
 * @param parentId returns the current process id of the parent, which changes when it dies
 */
export function watchParent(clock: Clock, parent: number, parentId: () => number, gone: () => void): Timer {
  const timer = every(
    clock,
    LOOK_EVERY_MS,
    () => {
      if (parent === INIT || parentId() === parent) return
      timer.cancel()
      gone()
    },
    { background: true },
  )
  return timer
}
