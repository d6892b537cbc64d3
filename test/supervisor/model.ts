import { type ChildSpec, DEFAULT_CHILD } from '../../src/supervisor/child-spec.js'
import { decideOnExit } from '../../src/supervisor/restart-decision.js'
import { NO_RESTARTS, type RestartWindow } from '../../src/supervisor/restart-window.js'
import type { Scenario } from './scenario.js'

/** Runs a scenario with our decisions and children that are only names. @returns its outcome */
export function runModel(scenario: Scenario): string {
  const flags = { ...scenario, periodMs: scenario.periodSeconds * 1_000 }
  let children: readonly ChildSpec[] = scenario.children.map((child) => ({ ...DEFAULT_CHILD, ...child }))
  let window: RestartWindow = NO_RESTARTS
  let now = 0
  const running = new Set(children.map(({ id }) => id))
  const only = (ids: readonly string[]) => ids.filter((id) => running.has(id)).join('')
  const report = (stopped: string, started: readonly string[]) => {
    const known = children.map(({ id }) => id)
    return `-${stopped}+${started.join('')}=${only(known)}/${known.join('')}`
  }

  const outcome = [report('', [...running])]
  for (const { id, exit, gapMs } of scenario.steps) {
    now += gapMs
    if (!running.delete(id)) {
      outcome.push('absent')
      continue
    }
    const decision = decideOnExit(flags, children, id, exit, window, now)
    if (decision.kind === 'escalate') {
      outcome.push(`gone-${only(decision.stop)}`)
      break
    }
    children = children.filter((child) => !decision.forget.includes(child.id))
    if (decision.kind === 'remove') {
      outcome.push(report('', []))
      continue
    }
    window = decision.window
    const stopped = only(decision.affected.stop)
    for (const stop of decision.affected.stop) running.delete(stop)
    for (const start of decision.affected.start) running.add(start)
    outcome.push(report(stopped, decision.affected.start))
  }
  return outcome.join(' | ')
}
