import type { RestartType, Strategy } from '../../src/supervisor/child-spec.js'
import type { ExitKind } from '../../src/supervisor/restart-decision.js'

/**
 * A crash sequence for a supervisor, written on one line as
 * `STRATEGY INTENSITY PERIOD_SECONDS ID:RESTART,… ID:REASON:GAP_MS,…`. The gap is waited for before the exit;
 * ids are single letters. Its outcome is `FIRST | STEP | …`, each of them
 * - `-STOPPED+STARTED=RUNNING/KNOWN`: what the supervisor stopped and started, in this order, and whom it has then,
 * - `absent`: the child was not running, so nothing was done, or
 * - `gone-STOPPED`: the supervisor stopped its children and gave up; the sequence ends.
 */
export interface Scenario {
  readonly strategy: Strategy
  readonly intensity: number
  readonly periodSeconds: number
  readonly children: readonly { readonly id: string; readonly restart: RestartType }[]
  readonly steps: readonly { readonly id: string; readonly exit: ExitKind; readonly gapMs: number }[]
}

const REASONS = { normal: 'normal', shutdown: 'shutdown', abnormal: 'crash' } as const

export function formatScenario(scenario: Scenario): string {
  const children = scenario.children.map(({ id, restart }) => `${id}:${restart}`)
  const steps = scenario.steps.map(({ id, exit, gapMs }) => `${id}:${REASONS[exit]}:${gapMs}`)
  return `${scenario.strategy} ${scenario.intensity} ${scenario.periodSeconds} ${children} ${steps}`
}

export function parseScenario(line: string): Scenario {
  const [strategy, intensity, period, children, steps] = line.split(' ')
  return {
    strategy: strategy as Strategy,
    intensity: Number(intensity),
    periodSeconds: Number(period),
    children: children!.split(',').map((child) => {
      const [id, restart] = child.split(':')
      return { id: id!, restart: restart as RestartType }
    }),
    steps: steps!.split(',').map((step) => {
      const [id, reason, gap] = step.split(':')
      const exit = reason === 'crash' ? 'abnormal' : (reason as ExitKind)
      return { id: id!, exit, gapMs: Number(gap) }
    }),
  }
}
