import { z } from 'zod'
import { durationFrom, sizeFrom } from '../../adapters/config-kinds.js'
import type { Size } from '../../core/bytes.js'
import type { Duration } from '../../core/duration.js'

declare const UNIT: unique symbol

/** The output type of a duration, by which `toSettings` recognises it. */
export type Milliseconds = number & { readonly [UNIT]: 'ms' }

/** Schema of a duration of at least `least` milliseconds. */
export function duration(least = 1): z.ZodType<Milliseconds, Duration> {
  return durationFrom(least) as unknown as z.ZodType<Milliseconds, Duration>
}

/** Schema of a size of at least `least` bytes. */
export function size(least = 1): z.ZodType<number, Size> {
  return sizeFrom(least)
}

/** Schema of a non-empty string. */
export const text = z.string().min(1)

/** Schema of one value or a non-empty list; parses to a list. */
export function oneOrMore<V extends z.ZodType<unknown, unknown>>(kind: V) {
  return z
    .union([kind, z.array(kind).min(1)])
    .transform((given) => (Array.isArray(given) ? given : [given]) as readonly z.output<V>[])
}

/** Schema of a block that is read by the schema of a manifest. */
export const ofManifest = z.record(z.string(), z.unknown()).meta({ elsewhere: 'manifest' }).optional()
