import type { ChildSpec, SupervisorFlags } from './child-spec.js'
import { addRestart, type RestartWindow } from './restart-window.js'
import { type AffectedChildren, affectedChildren } from './strategy.js'

/**
 * How a child ended. `shutdown` is an orderly end on request; every other end that is not `normal` is `abnormal`, also
 * a kill.
 */
export type ExitKind = 'normal' | 'shutdown' | 'abnormal'

/**
 * What a supervisor does when a child has ended. `forget` lists temporary children, which are never started again. A
 * transient child that is removed stays in its group, and is started again with it.
 */
export type ExitDecision =
  | {
      readonly kind: 'restart'
      readonly window: RestartWindow
      readonly affected: AffectedChildren
      readonly forget: readonly string[]
    }
  | { readonly kind: 'remove'; readonly forget: readonly string[] }
  /** Too many restarts: the supervisor stops all other children (`stop`, in reverse start order) and fails. */
  | { readonly kind: 'escalate'; readonly window: RestartWindow; readonly stop: readonly string[] }

/**
 * Decides what to do when a child has ended, as OTP's `supervisor` does.
 *
 * A permanent child is always restarted, a transient child only after an abnormal end, a temporary child never. Each
 * restart counts once towards the intensity, without the siblings that are restarted with it. Temporary siblings that
 * are stopped are not started again.
 * @param children of this supervisor, in start order, running or not
 * @param id the child that ended; an unknown id has no effect
 * @param now monotonic milliseconds
 */
export function decideOnExit(
  flags: SupervisorFlags,
  children: readonly ChildSpec[],
  id: string,
  exit: ExitKind,
  window: RestartWindow,
  now: number,
): ExitDecision {
  const spec = children.find((child) => child.id === id)
  if (spec === undefined) return { kind: 'remove', forget: [] }
  if (!isRestarted(spec, exit)) return { kind: 'remove', forget: spec.restart === 'temporary' ? [id] : [] }

  const ids = children.map((child) => child.id)
  const counted = addRestart(window, now, flags)
  if (!counted.allowed)
    return {
      kind: 'escalate',
      window: counted.window,
      stop: ids.filter((other) => other !== id).reverse(),
    }

  const { stop, start } = affectedChildren(flags.strategy, ids, id)
  const isTemporary = (child: string) => children[ids.indexOf(child)]?.restart === 'temporary'
  return {
    kind: 'restart',
    window: counted.window,
    affected: { stop, start: start.filter((child) => !isTemporary(child)) },
    forget: start.filter(isTemporary),
  }
}

function isRestarted(spec: ChildSpec, exit: ExitKind): boolean {
  switch (spec.restart) {
    case 'permanent':
      return true
    case 'transient':
      return exit === 'abnormal'
    case 'temporary':
      return false
  }
}
