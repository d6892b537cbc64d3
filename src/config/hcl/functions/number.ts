import { toNumber } from '../convert.js'
import type { HclFunction } from '../values.js'
import { FunctionFault, hclFunction } from './define.js'

/** Functions of numbers. */
export const numberFunctions: Record<string, HclFunction> = {
  min: hclFunction(
    'min(numbers...)',
    ['number'],
    (numbers) => numbers.reduce((a, b) => Math.min(a, b)),
    'number',
  ),
  max: hclFunction(
    'max(numbers...)',
    ['number'],
    (numbers) => numbers.reduce((a, b) => Math.max(a, b)),
    'number',
  ),
  abs: hclFunction('abs(number)', ['number'], ([number]) => Math.abs(number)),
  // Adding zero turns minus zero into zero.
  ceil: hclFunction('ceil(number)', ['number'], ([number]) => Math.ceil(number) + 0),
  floor: hclFunction('floor(number)', ['number'], ([number]) => Math.floor(number) + 0),
  tonumber: hclFunction('tonumber(value)', ['any'], ([value]) => {
    if (value === null) return null
    const number = toNumber(value)
    if (number === undefined)
      throw new FunctionFault('cannot convert this to a number', { argument: 0, expected: 'a number' })
    return number
  }),
}
