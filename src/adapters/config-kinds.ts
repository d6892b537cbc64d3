import { z } from 'zod'
import { parseBytes } from '../core/bytes.js'
import { parseDuration } from '../core/duration.js'

/** A duration, as text or milliseconds; gives milliseconds. */
export const duration = z
  .union([z.string(), z.number()])
  .refine((value) => parseDuration(value) !== undefined, {
    error: 'expected a duration such as "250ms" or "30s"',
  })
  .transform((value) => parseDuration(value)!)

/** A duration between two bounds in milliseconds; gives milliseconds. */
export function durationWithin(least: number, most: number) {
  return z.union([z.string(), z.number()]).transform((given, context) => {
    const ms = parseDuration(given)
    if (ms !== undefined && ms >= least && ms <= most) return ms
    context.addIssue({
      code: 'custom',
      message: `expected a duration such as "30s" of ${least} to ${most} ms, found ${JSON.stringify(given)}`,
    })
    return z.NEVER
  })
}

/** A size above zero, as text or bytes; gives bytes. */
export const size = z
  .union([z.string(), z.number()])
  .refine((value) => (parseBytes(value) ?? 0) > 0, { error: 'expected a size such as "64KB" or "16MB"' })
  .transform((value) => parseBytes(value)!)
