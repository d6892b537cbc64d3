import type { Measure } from '../goals.js'
import type { ResultRecord, Unit } from './judge.js'

/** Measures as people call them. */
export const MEASURE_TITLES: { readonly [M in Measure]: string } = {
  'host-cpu-ratio': 'host CPU',
  'throughput-ratio': 'throughput',
  throughput: 'messages a second',
  'loop-delay-ratio': 'loop delay p99',
  'added-latency': 'added latency p50',
  'host-cpu': 'host CPU per message',
  duration: 'time',
  memory: 'memory',
  'idle-cpu': 'idle host CPU',
}

/** A number with two or three significant digits, and its unit; a ratio stands without one. */
export function quantity(value: number, unit: Unit): string {
  if (unit === 'ms' && value >= 10_000) return `${significant(value / 1_000)} s`
  return unit === 'ratio' ? significant(value) : `${significant(value)} ${unit}`
}

/** The goal as people write it; empty when there is none. */
export function goalText({ goal, unit }: Pick<ResultRecord, 'goal' | 'unit'>): string {
  if (goal === null) return ''
  return `${goal.direction === 'at-most' ? '≤' : '≥'} ${quantity(goal.limit, unit)}`
}

/** Whether the goal is met, in a word. */
export function verdict({ met, goal, value }: Pick<ResultRecord, 'met' | 'goal' | 'value'>): string {
  if (value === null) return 'not measured'
  if (goal === null) return ''
  return met ? 'met' : 'MISSED'
}

function significant(value: number): string {
  const size = Math.abs(value)
  if (size >= 100) return value.toFixed(0)
  if (size >= 10) return value.toFixed(1)
  if (size >= 0.1) return value.toFixed(2)
  return value.toFixed(3)
}
