import type { ChildSpec, SupervisorFlags } from './child-spec.js'
import { addRestart, type RestartWindow } from './restart-window.js'
import { type AffectedChildren, affectedChildren } from './strategy.js'

/**
 * How a child ended. `shutdown` is an orderly end that somebody asked for; everything that is neither that
 * nor `normal` is `abnormal`, also being killed.
 */
export type ExitKind = 'normal' | 'shutdown' | 'abnormal'

/**
 * What a supervisor does about a child that ended. `forget` names the children whose specification is dropped:
 * temporary ones, which never come back. A transient child that is removed keeps its place, and is started
 * again when its group is.
 */
export type ExitDecision =
  | {
      readonly kind: 'restart'
      readonly window: RestartWindow
      readonly affected: AffectedChildren
      readonly forget: readonly string[]
    }
  | { readonly kind: 'remove'; readonly forget: readonly string[] }
  /** Too many restarts: the supervisor stops `stop` (all that is left, in reverse start order) and gives up. */
  | { readonly kind: 'escalate'; readonly window: RestartWindow; readonly stop: readonly string[] }

/**
 * Decides as OTP's `supervisor` does: a permanent child is always restarted, a transient one only after an
 * abnormal end, a temporary one never; what is not restarted does not count towards the intensity, and neither
 * do the siblings that are restarted with a child. Temporary siblings that are stopped are not started again.
 * @param children of this supervisor, in start order, running or not.
 * @param id the child that ended; one that is not (or no longer) among the children is nobody's concern.
 * @param now monotonic milliseconds.
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
  if (!comesBack(spec, exit)) return { kind: 'remove', forget: spec.restart === 'temporary' ? [id] : [] }

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

function comesBack(spec: ChildSpec, exit: ExitKind): boolean {
  switch (spec.restart) {
    case 'permanent':
      return true
    case 'transient':
      return exit === 'abnormal'
    case 'temporary':
      return false
  }
}
