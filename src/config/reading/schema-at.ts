import { z } from 'zod'
import type { Node } from '../node.js'
import { bare, type Schema, wordsOf } from './traits.js'

/** Returns the schema for a node: of a union the option with the same kind or discriminator. */
export function chosen(schema: Schema, node: Node | undefined): Schema {
  const at = bare(schema)
  if (!(at instanceof z.ZodUnion)) return at
  const options = at.options as readonly Schema[]
  const found =
    at instanceof z.ZodDiscriminatedUnion
      ? options.find((option) => discriminates(option, at.def.discriminator, node))
      : options.find((option) => hasKind(bare(option), node?.content.kind))
  return found === undefined ? at : chosen(found, node)
}

/** Returns the schema at a path below another; `undefined` if there is none. */
export function schemaAt(
  schema: Schema,
  path: readonly PropertyKey[],
  node: Node | undefined,
): Schema | undefined {
  const at = chosen(schema, node)
  const [step, ...rest] = path
  if (step === undefined) return schema
  const below = member(at, String(step))
  return below && schemaAt(below, rest, childOf(node, step))
}

/** Returns the schema of a member of an object or list. */
export function member(schema: Schema, name: string): Schema | undefined {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined
  if (schema instanceof z.ZodArray) return schema.element as Schema
  return schema instanceof z.ZodRecord ? (schema.valueType as Schema) : undefined
}

/** Returns the names that a block may contain. */
export function namesOf(schema: Schema): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/** Returns the discriminator values of a union. */
export function discriminators(schema: Schema | undefined): readonly unknown[] | undefined {
  const at = schema && bare(schema)
  if (!(at instanceof z.ZodDiscriminatedUnion)) return undefined
  return (at.options as readonly Schema[]).flatMap((option) => {
    const type = member(bare(option), at.def.discriminator)
    return (type && wordsOf(type)) ?? []
  })
}

function discriminates(option: Schema, name: string, node: Node | undefined): boolean {
  const found = childOf(node, name)?.content
  const type = member(bare(option), name)
  return found?.kind === 'scalar' && type !== undefined && (wordsOf(type)?.includes(found.value) ?? false)
}

function hasKind(schema: Schema, kind: Node['content']['kind'] | undefined): boolean {
  if (schema instanceof z.ZodUnion)
    return (schema.options as readonly Schema[]).some((option) => hasKind(bare(option), kind))
  if (kind === 'map') return schema instanceof z.ZodObject || schema instanceof z.ZodRecord
  return kind === 'list' && schema instanceof z.ZodArray
}

function childOf(node: Node | undefined, step: PropertyKey): Node | undefined {
  if (node?.content.kind === 'map') return node.content.entries.get(String(step))
  return node?.content.kind === 'list' ? node.content.items[Number(step)] : undefined
}
