/** Milliseconds, or text such as `"250ms"`, `"30s"`, `"5m"`, `"1h"`, `"1h30m"`. */
export type Duration = number | string

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy

/**
 * Reads a duration.
 * @returns milliseconds; `undefined` if it is not a duration (negative, not finite, unknown unit, empty)
 */
export function parseDuration(duration: unknown): number | undefined {
  if (typeof duration === 'number') return Number.isFinite(duration) && duration >= 0 ? duration : undefined
  if (typeof duration !== 'string' || duration === '') return undefined
  let total = 0
  let read = 0
  for (const part of duration.matchAll(PART)) {
    total += Number(part[1]) * UNIT_MS[part[2] as keyof typeof UNIT_MS]
    read += part[0].length
  }
  return read === duration.length ? total : undefined
}

/**
 * Reads a duration that a caller passed as an argument.
 * @throws RangeError with what was found and what was expected
 */
export function toMilliseconds(duration: Duration, what = 'duration'): number {
  const ms = parseDuration(duration)
  if (ms === undefined)
    throw new RangeError(
      `${what}: expected milliseconds or text such as "250ms" or "30s", found ${JSON.stringify(duration)}`,
    )
  return ms
}

/** Formats milliseconds as the shortest exact text: 1500 gives `"1500ms"`, 60000 gives `"1m"`. */
export function formatDuration(ms: number): string {
  for (const unit of ['h', 'm', 's'] as const)
    if (ms >= UNIT_MS[unit] && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`
  return `${ms}ms`
}
