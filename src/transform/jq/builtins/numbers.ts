import { JqError } from '../errors.js'
import { negate } from '../values/arithmetic.js'
import { compare } from '../values/compare.js'
import type { Json } from '../values/json.js'
import { describe } from '../values/text.js'
import type { ValueFunction } from './values.js'

type Unary = (value: number) => number

const SMALLEST_NORMAL = 2 ** -1022

/** Functions of one number. */
const UNARY: Readonly<Record<string, Unary>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  round: (value) => Math.sign(value) * Math.round(Math.abs(value)),
  trunc: Math.trunc,
  rint: toEven,
  nearbyint: toEven,
  sqrt: Math.sqrt,
  cbrt: Math.cbrt,
  fabs: Math.abs,
  exp: Math.exp,
  exp2: (value) => 2 ** value,
  exp10: (value) => 10 ** value,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  logb: (value) => (value === 0 ? Number.NEGATIVE_INFINITY : exponentOf(value)),
  significand: (value) => (value === 0 || !Number.isFinite(value) ? value : value / 2 ** exponentOf(value)),
}

/** Functions of two numbers, which are both arguments. */
const BINARY: Readonly<Record<string, (left: number, right: number) => number>> = {
  pow: Math.pow,
  atan2: Math.atan2,
  hypot: Math.hypot,
  fmin: (left, right) => (Number.isNaN(left) ? right : Number.isNaN(right) ? left : Math.min(left, right)),
  fmax: (left, right) => (Number.isNaN(left) ? right : Number.isNaN(right) ? left : Math.max(left, right)),
  fmod: (left, right) => left % right,
  fdim: (left, right) => (left > right ? left - right : Number.isNaN(left - right) ? Number.NaN : 0),
  ldexp: scaled,
  scalb: scaled,
  scalbln: scaled,
  copysign: (left, right) => Math.abs(left) * (right < 0 || Object.is(right, -0) ? -1 : 1),
  drem: (left, right) => left - right * toEven(left / right),
  remainder: (left, right) => left - right * toEven(left / right),
}

/** `name/arity` of the functions of numbers. */
export const NUMBERS: Readonly<Record<string, ValueFunction>> = {
  ...Object.fromEntries(
    Object.entries(UNARY).map(([name, compute]): [string, ValueFunction] => [
      `${name}/0`,
      (input) => compute(numeric(input)),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(BINARY).map(([name, compute]): [string, ValueFunction] => [
      `${name}/2`,
      (_input, [left, right]) => compute(numeric(left as Json), numeric(right as Json)),
    ]),
  ),
  'fma/3': (_input, [x, y, z]) => numeric(x as Json) * numeric(y as Json) + numeric(z as Json),
  'frexp/0': (input) => {
    const value = numeric(input)
    if (value === 0 || !Number.isFinite(value)) return [value, 0]
    const exponent = exponentOf(value) + 1
    return [value / 2 ** exponent, exponent]
  },
  'modf/0': (input) => {
    const value = numeric(input)
    if (!Number.isFinite(value)) return [Number.isNaN(value) ? value : 0, value]
    return [value - Math.trunc(value), Math.trunc(value)]
  },
  'abs/0': (input) => (compare(input, 0) < 0 || Object.is(input, -0) ? negate(input) : input),
  'infinite/0': () => Number.POSITIVE_INFINITY,
  'nan/0': () => Number.NaN,
  'isinfinite/0': (input) => input === Number.POSITIVE_INFINITY || input === Number.NEGATIVE_INFINITY,
  'isfinite/0': (input) => Number.isFinite(input),
  'isnan/0': (input) => Number.isNaN(input),
  'isnormal/0': (input) =>
    typeof input === 'number' && Number.isFinite(input) && Math.abs(input) >= SMALLEST_NORMAL,
}

function numeric(value: Json): number {
  if (typeof value !== 'number') throw new JqError(`${describe(value)} number required`)
  return value
}

function exponentOf(value: number): number {
  const size = Math.abs(value)
  let exponent = Math.floor(Math.log2(size))
  // The logarithm may be rounded to the next whole number.
  if (2 ** exponent > size) exponent--
  else if (2 ** (exponent + 1) <= size) exponent++
  return exponent
}

function scaled(value: number, exponent: number): number {
  return value * 2 ** exponent
}

/** Halves go to the even neighbour. */
function toEven(value: number): number {
  const down = Math.floor(value)
  const rest = value - down
  if (rest !== 0.5) return Math.round(value)
  return down % 2 === 0 ? down : down + 1
}
