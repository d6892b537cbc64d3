import type { AggregateFunction } from '../../core/settings/transform.js'
import type { Value } from '../../core/value.js'
import { compare } from '../jq/values/compare.js'
import type { Json } from '../jq/values/json.js'
import { nameOf } from './elements.js'

/** A function of an aggregate, with its state. */
export interface Accumulator {
  /** @throws Error if the function does not take such a value; it is then unchanged */
  readonly add: (value: Value) => Accumulator
  readonly result: Value
}

/** Makes a function that has seen nothing. */
export function accumulator(called: AggregateFunction): Accumulator {
  return START[called]
}

const NOTHING = { result: null }

const START: Readonly<Record<AggregateFunction, Accumulator>> = {
  count: counted(0),
  sum: summed(0),
  avg: averaged(0, 0),
  min: { ...NOTHING, add: (value) => extreme(value, -1) },
  max: { ...NOTHING, add: (value) => extreme(value, 1) },
  first: { ...NOTHING, add: first },
  last: { ...NOTHING, add: last },
}

function counted(count: number): Accumulator {
  return { result: count, add: () => counted(count + 1) }
}

function summed(sum: number): Accumulator {
  return { result: sum, add: (value) => summed(sum + number('sum', value)) }
}

function averaged(sum: number, count: number): Accumulator {
  return {
    result: count === 0 ? null : sum / count,
    add: (value) => averaged(sum + number('avg', value), count + 1),
  }
}

/** The smallest or largest value in the order of jq. */
function extreme(result: Value, sign: 1 | -1): Accumulator {
  return {
    result,
    add: (value) => extreme(sign * compare(value as Json, result as Json) > 0 ? value : result, sign),
  }
}

function first(result: Value): Accumulator {
  const same: Accumulator = { result, add: () => same }
  return same
}

function last(result: Value): Accumulator {
  return { result, add: last }
}

function number(called: string, value: Value): number {
  if (typeof value === 'number') return value
  throw new Error(`${called}: expected a number, found ${nameOf(value)}`)
}
