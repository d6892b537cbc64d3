import { z } from 'zod'
import { defaultOf, type Schema, traitsOf } from '../../src/config/reading/traits.js'
import { formatBytes } from '../../src/core/bytes.js'
import { formatDuration } from '../../src/core/duration.js'

/** The default of an attribute as a configuration would write it; undefined for none, and for a block. */
export function writtenDefault(schema: Schema): string | undefined {
  const value = defaultOf(schema)
  if (value === undefined || typeof value === 'object') return undefined
  const { unit } = traitsOf(schema)
  if (typeof value === 'number' && unit === 'duration') return formatDuration(value)
  if (typeof value === 'number' && unit === 'size') return formatBytes(value).replace(' ', '')
  return String(value)
}

/** Whether a block needs the attribute. */
export function isRequired(schema: Schema): boolean {
  return !z.safeParse(schema as z.ZodType, undefined).success
}
