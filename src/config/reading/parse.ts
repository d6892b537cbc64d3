import type { z } from 'zod'
import { safeParse } from 'zod/v4/core'
import { setMember } from '../../core/set-member.js'
import { Late } from '../../core/settings/late.js'
import type { Schema } from './traits.js'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/**
 * Parses a value. If that fails, parses again with strings converted to the numbers or booleans that the schema
 * expects, because environment variables are strings.
 */
export function parse<S extends Schema>(schema: S, value: unknown) {
  const first = safeParse(schema, value)
  if (first.success) return first
  const root = { value: copyOf(value) }
  const converted = misfits(first.error.issues).map((path) => convertAt(root, ['value', ...path]))
  if (!converted.includes(true)) return first
  const second = safeParse(schema, root.value)
  return second.success ? second : first
}

/** Returns the paths of values whose type the schema does not accept. */
function misfits(issues: readonly Issue[], within: Path = []): readonly Path[] {
  return issues.flatMap((issue) => {
    const path = [...within, ...issue.path]
    const inner = issue.code === 'invalid_union' ? issue.errors.flatMap((each) => misfits(each, path)) : []
    const isOne =
      issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value'
    return isOne ? [path, ...inner] : inner
  })
}

/** Converts the string at a path. @returns whether there was one */
function convertAt(root: object, path: Path): boolean {
  const last = path.at(-1)!
  let holder: unknown = root
  for (const step of path.slice(0, -1)) holder = (holder as Record<PropertyKey, unknown> | undefined)?.[step]
  const text = (holder as Record<PropertyKey, unknown> | undefined)?.[last]
  if (typeof text !== 'string') return false
  const converted =
    text === 'true' ? true : text === 'false' ? false : text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(converted)) return false
  ;(holder as Record<PropertyKey, unknown>)[last] = converted
  return true
}

/** Copies lists and objects. What is computed at run time stays the same. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (typeof value !== 'object' || value === null || value instanceof Late) return value
  const copy = {}
  for (const [key, item] of Object.entries(value)) setMember(copy, key, copyOf(item))
  return copy
}
