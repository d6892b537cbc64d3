const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const INTEGER = /^-?(?:0|[1-9]\d*)$/
const LONGEST = 400

/** A number, or text that is one as JSON writes it; `undefined` for all else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.length <= LONGEST && NUMBER.test(value)
    ? Number(value)
    : undefined
}

/** An integer within the range (bounds included), or text that is one; `undefined` for all else. */
export function integerOf(value: unknown, min: number, max: number): number | undefined {
  const number = numberOf(value)
  return number !== undefined && Number.isInteger(number) && number >= min && number <= max
    ? number
    : undefined
}

/** A 64-bit integer from a safe number, a BigInt or text; `undefined` for all else. */
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

/** A 64-bit integer as a value: a number where that is exact, decimal text beyond. */
export function valueOfLong(long: bigint | string): number | string {
  const number = Number(long)
  return Number.isSafeInteger(number) ? number : String(long)
}
