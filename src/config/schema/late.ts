import { z } from 'zod'
import { Late, type Parameter } from '../../core/settings/late.js'
import type { Headers } from '../../core/value.js'
import type { LateRoot, Traits } from '../reading/traits.js'
import { text } from './kinds.js'

/** Schema of any value, which may be computed at run time from these names. */
export function lateValue(...roots: readonly LateRoot[]) {
  return z.unknown().optional().meta({ late: roots }) as unknown as z.ZodOptional<
    z.ZodType<Parameter, unknown>
  >
}

/** Schema of a condition: an expression that is computed at run time from these names, or a constant. */
export function lateCondition(...roots: readonly LateRoot[]) {
  return z
    .unknown()
    .refine((given) => given instanceof Late || typeof given === 'boolean', {
      error: 'expected an expression such as trigger.value.price > 10',
      // In a union the faults of a block are reported then, and not this.
      abort: true,
    })
    .meta({ late: roots, written: 'boolean | string' }) as unknown as z.ZodType<
    Parameter<boolean>,
    boolean | string
  >
}

/** Schema of a non-empty string, which may be computed at run time from these names. */
export function lateText(...roots: readonly LateRoot[]) {
  return z
    .unknown()
    .refine((given) => given instanceof Late || (typeof given === 'string' && given !== ''), {
      error: 'expected a non-empty string',
    })
    .meta({ late: roots, written: 'string' }) as unknown as z.ZodType<Parameter<string>, string>
}

/** Schema of the name of a block, which may be written as a reference: `integration.events`. */
export function nameOf(kind: NonNullable<Traits['refers']>) {
  return text.meta({ refers: kind })
}

const records = z.record(z.string(), z.string())

/** Schema of headers, whose values may be computed at run time from these names. */
export function lateHeaders(...roots: readonly LateRoot[]) {
  return z
    .unknown()
    .refine((given) => given === undefined || given instanceof Late || records.safeParse(given).success, {
      error: 'expected an object whose values are strings',
    })
    .meta({ late: roots, written: '{ readonly [name: string]: string }' })
    .optional() as unknown as z.ZodOptional<
    z.ZodType<Parameter<Headers>, { readonly [name: string]: string }>
  >
}
