const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const LONGEST = 400

/** Reads a number, or text in JSON's syntax for numbers; `undefined` for any other value. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.length <= LONGEST && NUMBER.test(value)
    ? Number(value)
    : undefined
}

/** Reads an integer from `min` to `max`, or text that is one; `undefined` for any other value. */
export function integerOf(value: unknown, min: number, max: number): number | undefined {
  const number = numberOf(value)
  return number !== undefined && Number.isInteger(number) && number >= min && number <= max
    ? number
    : undefined
}

/** Reads a 64-bit integer from a safe number, a BigInt or text; `undefined` for any other value. */
export function longOf(value: unknown, min: bigint, max: bigint): number | bigint | undefined {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && (value >= 0 || min < 0n) ? value : undefined
  const long =
    typeof value === 'bigint'
      ? value
      : typeof value === 'string' && value.length <= LONGEST && INTEGER.test(value)
        ? BigInt(value)
        : safeInteger(numberOf(value))
  return long !== undefined && long >= min && long <= max ? long : undefined
}

function safeInteger(number: number | undefined): bigint | undefined {
  return Number.isSafeInteger(number) ? BigInt(number!) : undefined
}
