import { type Goal, goalFor, type Measure, meets } from '../goals.js'
import { type Figures, medianFigures, type Round } from '../measure/figures.js'
import { median, spread } from '../measure/statistics.js'

/** What a value is counted in. A ratio is gateway ÷ plain client. */
export type Unit = 'ratio' | 'µs' | 'ms' | 'MB' | '%' | '/s'

/** The outcome of one measure of one scenario. */
export interface ResultRecord {
  readonly scenario: string
  readonly title: string
  readonly measure: Measure
  readonly unit: Unit
  /** Medians over the rounds. */
  readonly gateway: Figures
  readonly plain: Figures | null
  /** Median over the rounds of gateway ÷ plain client; null without a plain counterpart. */
  readonly ratio: number | null
  /** What the goal is held against; null when it could not be measured on this system. */
  readonly value: number | null
  /** Smallest and largest value of a round. */
  readonly spread: readonly [number, number] | null
  readonly goal: Pick<Goal, 'limit' | 'direction'> | null
  /** null when there is no goal or no value. */
  readonly met: boolean | null
}

interface Definition {
  readonly unit: Unit
  /** What is compared. */
  readonly figure: keyof Figures
  readonly kind: 'ratio' | 'difference' | 'gateway'
}

const DEFINITIONS: { readonly [M in Measure]: Definition } = {
  'host-cpu-ratio': { unit: 'ratio', figure: 'hostMicros', kind: 'ratio' },
  'throughput-ratio': { unit: 'ratio', figure: 'perSecond', kind: 'ratio' },
  throughput: { unit: '/s', figure: 'perSecond', kind: 'gateway' },
  'loop-delay-ratio': { unit: 'ratio', figure: 'loopDelayMs', kind: 'ratio' },
  'added-latency': { unit: 'µs', figure: 'latencyMicros', kind: 'difference' },
  'host-cpu': { unit: 'µs', figure: 'hostMicros', kind: 'gateway' },
  duration: { unit: 'ms', figure: 'durationMs', kind: 'gateway' },
  memory: { unit: 'MB', figure: 'residentMb', kind: 'gateway' },
  'idle-cpu': { unit: '%', figure: 'hostPercent', kind: 'gateway' },
}

/** The records of a scenario, one for each of its measures. */
export function judge(
  scenario: { readonly name: string; readonly title: string; readonly measures: readonly Measure[] },
  rounds: readonly Round[],
  goals?: readonly Goal[],
): readonly ResultRecord[] {
  const gateway = medianFigures(rounds.map((round) => round.gateway))
  const plains = rounds.flatMap((round) => round.plain ?? [])
  const plain = plains.length > 0 ? medianFigures(plains) : null
  return scenario.measures.map((measure) => {
    const { unit, figure, kind } = DEFINITIONS[measure]
    const values = rounds.flatMap((round) => compared(round, figure, kind) ?? [])
    const value = median(values) ?? null
    const goal = goalFor(scenario.name, measure, goals)
    return {
      scenario: scenario.name,
      title: scenario.title,
      measure,
      unit,
      gateway,
      plain,
      ratio: median(rounds.flatMap((round) => compared(round, figure, 'ratio') ?? [])) ?? null,
      value,
      spread: spread(values) ?? null,
      goal: goal === undefined ? null : { limit: goal.limit, direction: goal.direction },
      met: goal === undefined || value === null ? null : meets(goal, value),
    }
  })
}

function compared(round: Round, figure: keyof Figures, kind: Definition['kind']): number | undefined {
  const gateway = round.gateway[figure]
  const plain = round.plain?.[figure]
  if (gateway === undefined || kind === 'gateway') return gateway
  if (plain === undefined) return undefined
  return kind === 'ratio' ? gateway / plain : gateway - plain
}
