import { type Budget, charge } from '../budget.js'
import { JqError } from '../errors.js'
import { equal } from './compare.js'
import { copyOf, isArray, isObject, type Json, type JsonObject, put } from './json.js'
import { describe } from './text.js'

const MAX_REPEATED = 2 ** 29 - 25
const MAX_MERGE_DEPTH = 10_000

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'

/** jq's arithmetic over all types. Operations with large results count more steps. */
export const ARITHMETIC: Readonly<
  Record<ArithmeticOperator, (left: Json, right: Json, budget: Budget) => Json>
> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': remainder,
}

export function add(left: Json, right: Json, budget: Budget): Json {
  if (typeof left === 'number' && typeof right === 'number') return left + right
  if (typeof left === 'string' && typeof right === 'string') {
    charge(budget, (left.length + right.length) >> 6)
    return left + right
  }
  if (left === null) return right
  if (right === null) return left
  if (isArray(left) && isArray(right)) {
    charge(budget, left.length + right.length)
    return left.concat(right)
  }
  if (isObject(left) && isObject(right)) {
    const sum = copyOf(left)
    const keys = Object.keys(right)
    charge(budget, keys.length)
    for (const key of keys) put(sum, key, right[key] as Json)
    return sum
  }
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be added`)
}

export function subtract(left: Json, right: Json, budget: Budget): Json {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (isArray(left) && isArray(right)) {
    charge(budget, left.length * right.length)
    return left.filter((item) => !right.some((other) => equal(item, other)))
  }
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be subtracted`)
}

function multiply(left: Json, right: Json, budget: Budget): Json {
  if (typeof left === 'number' && typeof right === 'number') return left * right
  if (typeof left === 'string' && typeof right === 'number') return repeated(left, right, budget)
  if (typeof left === 'number' && typeof right === 'string') return repeated(right, left, budget)
  if (isObject(left) && isObject(right)) return merged(left, right, budget, 0)
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be multiplied`)
}

function repeated(text: string, times: number, budget: Budget): Json {
  if (Number.isNaN(times) || times < 0) return null
  const count = Math.trunc(times)
  if (text === '' || count === 0) return ''
  if (text.length * count > MAX_REPEATED) throw new JqError('Repeat string result too long')
  charge(budget, (text.length * count) >> 6)
  return text.repeat(count)
}

function merged(left: JsonObject, right: JsonObject, budget: Budget, depth: number): JsonObject {
  if (depth > MAX_MERGE_DEPTH) throw new JqError('Object merge too deep')
  const result = copyOf(left)
  charge(budget, Object.keys(result).length)
  for (const key of Object.keys(right)) {
    const [before, after] = [Object.hasOwn(result, key) ? (result[key] as Json) : null, right[key] as Json]
    put(result, key, isObject(before) && isObject(after) ? merged(before, after, budget, depth + 1) : after)
  }
  return result
}

function divide(left: Json, right: Json, budget: Budget): Json {
  if (typeof left === 'number' && typeof right === 'number') {
    if (right === 0)
      throw new JqError(
        `${describe(left)} and ${describe(right)} cannot be divided because the divisor is zero`,
      )
    return left / right
  }
  if (typeof left === 'string' && typeof right === 'string') return splitText(left, right, budget)
  throw new JqError(`${describe(left)} and ${describe(right)} cannot be divided`)
}

/** By a separator; an empty one separates all code points. */
export function splitText(text: string, separator: string, budget: Budget): string[] {
  charge(budget, text.length >> 4)
  if (text === '') return []
  return separator === '' ? [...text] : text.split(separator)
}

function remainder(left: Json, right: Json): Json {
  if (typeof left !== 'number' || typeof right !== 'number')
    throw new JqError(`${describe(left)} and ${describe(right)} cannot be divided (remainder)`)
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN
  const divisor = Math.trunc(right)
  if (divisor === 0)
    throw new JqError(
      `${describe(left)} and ${describe(right)} cannot be divided (remainder) because the divisor is zero`,
    )
  const dividend = Math.trunc(left)
  if (Number.isSafeInteger(dividend) && Number.isSafeInteger(divisor)) {
    const rest = Math.abs(dividend) % Math.abs(divisor)
    return dividend < 0 && rest !== 0 ? -rest : rest
  }
  return Number(asInt64(dividend) % asInt64(divisor))
}

/** As C converts to 64 bits, with the ends as limits. */
function asInt64(value: number): bigint {
  if (value >= 2 ** 63) return 2n ** 63n - 1n
  return value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value)
}

export function negate(value: Json): Json {
  if (typeof value !== 'number') throw new JqError(`${describe(value)} cannot be negated`)
  return -value
}
