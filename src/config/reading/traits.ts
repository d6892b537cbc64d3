import { z } from 'zod'
import type { Unit } from '../../adapters/config-kinds.js'

/** A name with a value at run time. */
export type LateRoot = 'trigger' | 'data' | 'action'

/** Any schema, including those of another copy of zod. */
export type Schema = z.core.$ZodType

/** Metadata of an attribute beside its type. */
export interface Traits {
  readonly description?: string
  /** An example: a value, or the text of a block. */
  readonly example?: string
  /** Whether the value is a secret, which is never shown again (keyword of JSON Schema). */
  readonly writeOnly?: boolean
  readonly unit?: Unit
  /** Kind of a path, which becomes absolute: `file` must exist, `any` may be anything. */
  readonly path?: 'file' | 'any'
  /** Whether the running gateway reads the file at the path again by itself when it changes. */
  readonly isReread?: boolean
  /** Read by the schema of a manifest. */
  readonly elsewhere?: 'manifest'
  /** What a change of the attribute takes in a running gateway. Default `reconnect`. */
  readonly reload?: 'in place' | 'reconnect' | 'replace'
  /** Names a block of this kind: as text, or as `KIND.NAME`. */
  readonly refers?: 'integration' | 'data' | 'action' | 'server' | 'script'
  /** May be computed at run time from these names; parses to a `Late` then. */
  readonly late?: readonly LateRoot[]
  /** Whether the text may contain paths that are known only at run time, such as `${message.topic}`. */
  readonly isTemplate?: boolean
  /** The type in an object, where the language has an expression. */
  readonly written?: string
  /** Values of a `type` that this version does not support, with their names in messages. */
  readonly notYet?: Readonly<Record<string, string>>
}

declare module 'zod' {
  interface GlobalMeta extends Traits {}
}

/** Returns a schema and the inner schemas of the same value: below its default, before its transform. */
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

/** Returns the schema without default, optionality and transform. */
export function bare(schema: Schema): Schema {
  return layers(schema).at(-1)!
}

/** Returns the metadata of a schema. Outer layers override inner ones. */
export function traitsOf(schema: Schema): Traits {
  return Object.assign(
    {},
    ...layers(schema)
      .toReversed()
      .map((layer) => z.globalRegistry.get(layer)),
  ) as Traits
}

/** Returns the allowed words of a value, if it is an enumeration. */
export function wordsOf(schema: Schema): readonly unknown[] | undefined {
  const at = bare(schema)
  if (at instanceof z.ZodEnum) return at.options
  if (at instanceof z.ZodLiteral) return [...at.values]
  if (!(at instanceof z.ZodUnion)) return undefined
  const options = at.options.map(wordsOf)
  return options.every((option) => option !== undefined) ? options.flat() : undefined
}
/** Returns the default as it would be written, if there is one. */
export function defaultOf(schema: Schema): unknown {
  const holder = layers(schema).find(
    (layer) => layer instanceof z.ZodDefault || layer instanceof z.ZodPrefault,
  )
  return holder === undefined ? undefined : (holder as z.ZodDefault).def.defaultValue
}
