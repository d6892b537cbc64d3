/** Converts a 64-bit integer to a number if that is exact, otherwise to decimal text. */
export function valueOfLong(long: bigint | string): number | string {
  const number = Number(long)
  return Number.isSafeInteger(number) ? number : String(long)
}
