import { z } from 'zod'
import type { Unit } from '../../adapters/config-kinds.js'

/** Any schema, also of another copy of zod. */
export type Schema = z.core.$ZodType

/** What the description of an attribute says beside its type. */
export interface Traits {
  readonly description?: string
  /** How it may be written: a value, or of a block its text. */
  readonly example?: string
  /** The value holds a secret: the keyword of JSON Schema for what is never shown again. */
  readonly writeOnly?: boolean
  readonly unit?: Unit
  /** A path that is made absolute: of a file that has to be there, or of anything. */
  readonly path?: 'file' | 'any'
  /** Read by the schema of a manifest instead, or not supported by this version. */
  readonly elsewhere?: 'manifest' | 'later'
  /** Values of a `type` that come with a later version, and how to call them. */
  readonly notYet?: Readonly<Record<string, string>>
}

declare module 'zod' {
  interface GlobalMeta extends Traits {}
}

/** A schema and those inside of it that stand for the same value: under its default, before its transform. */
function layers(schema: Schema): readonly Schema[] {
  const found: Schema[] = [schema]
  for (let at: Schema | undefined = schema; at !== undefined; ) {
    at = inner(at)
    if (at !== undefined) found.push(at)
  }
  return found
}

function inner(schema: Schema): Schema | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  )
    return schema.def.innerType as Schema
  return schema instanceof z.ZodPipe ? (schema.def.in as Schema) : undefined
}

/** The schema without its default, its optionality and its transform. */
export function bare(schema: Schema): Schema {
  return layers(schema).at(-1)!
}

/** What the description says. What the outer layers say goes before. */
export function traitsOf(schema: Schema): Traits {
  return Object.assign(
    {},
    ...layers(schema)
      .toReversed()
      .map((layer) => z.globalRegistry.get(layer)),
  ) as Traits
}

/** The words that a value may be, where it is one of a few. */
export function wordsOf(schema: Schema): readonly unknown[] | undefined {
  const at = bare(schema)
  if (at instanceof z.ZodEnum) return at.options
  if (at instanceof z.ZodLiteral) return [...at.values]
  if (!(at instanceof z.ZodUnion)) return undefined
  const options = at.options.map(wordsOf)
  return options.every((option) => option !== undefined) ? options.flat() : undefined
}
/** The default as it would be written, where there is one. */
export function defaultOf(schema: Schema): unknown {
  const holder = layers(schema).find(
    (layer) => layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault,
  )
  return holder === undefined ? undefined : (holder as z.ZodDefault).def.defaultValue
}
