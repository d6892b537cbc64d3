import { z } from 'zod'
import { durationFrom, sizeFrom } from '../../adapters/config-kinds.js'
import type { Duration } from '../../core/duration.js'

export { filePath, path } from '../../adapters/config-kinds.js'

/** Bytes, or text such as `"64KB"`. */
export type Size = number | string

declare const UNIT: unique symbol

/** The type of what a duration gives, so that `toSettings` can name it. */
export type Milliseconds = number & { readonly [UNIT]: 'ms' }

/** A duration of at least so many milliseconds. */
export function duration(least = 1): z.ZodType<Milliseconds, Duration> {
  return durationFrom(least) as unknown as z.ZodType<Milliseconds, Duration>
}

/** A size of at least so many bytes. */
export function size(least = 1): z.ZodType<number, Size> {
  return sizeFrom(least)
}

/** Text that is not empty. */
export const text = z.string().min(1)

/** One value, or a list of at least one; gives a list. */
export function oneOrMore<V extends z.ZodType<unknown, unknown>>(kind: V) {
  return z
    .union([kind, z.array(kind).min(1)])
    .transform((given) => (Array.isArray(given) ? given : [given]) as readonly z.output<V>[])
}

/** A block that is left to the schema of a manifest. */
export const ofManifest = z.record(z.string(), z.unknown()).meta({ elsewhere: 'manifest' }).optional()
