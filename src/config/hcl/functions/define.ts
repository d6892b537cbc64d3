import { toNumber, toText } from '../convert.js'
import { type CallContext, type HclFunction, type HclObject, type HclValue, isObject } from '../values.js'

/**
 * The error of a function call. Its message must not contain values; the caller shows them unless they are secret.
 */
export class FunctionFault {
  readonly message: string
  readonly argument: number | undefined
  readonly expected: string | undefined
  readonly hint: string | undefined

  constructor(message: string, details: { argument?: number; expected?: string; hint?: string } = {}) {
    this.message = message
    this.argument = details.argument
    this.expected = details.expected
    this.hint = details.hint
  }
}

interface Kinds {
  string: string
  number: number
  integer: number
  list: HclValue[]
  strings: string[]
  object: HclObject
  collection: HclValue[] | HclObject
  any: HclValue
  'string?': string | undefined
  'number?': number | undefined
  'any?': HclValue | undefined
}

type Kind = keyof Kinds
type Arguments<P extends readonly Kind[], R extends Kind> = [R] extends [never]
  ? Values<P>
  : [...Values<P>, ...Kinds[R][]]
type Values<P extends readonly Kind[]> = { -readonly [I in keyof P]: Kinds[P[I]] }

const EXPECTED: Record<Kind, string> = {
  string: 'a string',
  'string?': 'a string',
  number: 'a number',
  integer: 'a whole number',
  'number?': 'a number',
  list: 'a list',
  strings: 'a list of strings',
  object: 'an object',
  collection: 'a list or an object',
  any: 'a value',
  'any?': 'a value',
}

/** Declares a function. The kinds of its parameters decide how values are converted and which are rejected. */
export function hclFunction<const P extends readonly Kind[], const R extends Kind = never>(
  signature: string,
  parameters: P,
  call: (values: Arguments<P, R>, context: CallContext) => HclValue,
  rest?: R,
): HclFunction {
  return {
    signature,
    minimum: parameters.filter((kind) => !kind.endsWith('?')).length,
    maximum: rest === undefined ? parameters.length : Number.POSITIVE_INFINITY,
    call: (values, context) => {
      const converted = values.map((value, index) => convert(value, parameters[index] ?? rest!, index))
      return call(converted as unknown as Arguments<P, R>, context)
    },
  }
}

function convert(value: HclValue, kind: Kind, argument: number): unknown {
  const converted = CONVERT[kind](value)
  if (converted === undefined) {
    throw new FunctionFault('wrong type of argument', { argument, expected: EXPECTED[kind] })
  }
  return converted
}

const integer = (value: HclValue) => {
  const number = toNumber(value)
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}
const list = (value: HclValue) => (Array.isArray(value) ? value : undefined)
const strings = (value: HclValue) => {
  const texts = list(value)?.map(toText)
  return texts?.includes(undefined) ? undefined : texts
}
const object = (value: HclValue) => (isObject(value) ? value : undefined)

const CONVERT: Record<Kind, (value: HclValue) => unknown> = {
  string: toText,
  'string?': toText,
  number: toNumber,
  integer,
  'number?': toNumber,
  list,
  strings,
  object,
  collection: (value) => list(value) ?? object(value),
  any: (value) => value,
  'any?': (value) => value,
}
