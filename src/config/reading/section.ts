import { z } from 'zod'
import type { Diagnostics } from '../hcl/diagnostics.js'
import { type Finding, report, type Span } from '../hcl/index.js'
import type { Node } from '../node.js'
import { explain, type Read, unknownName } from './explain.js'
import { inputOf, isNull } from './input.js'
import { parse } from './parse.js'
import { namesOf } from './schema-at.js'
import { type Schema, traitsOf } from './traits.js'

/** A named block. */
export interface Named {
  readonly name: string
  /** Name in messages: `the block "integration"`. */
  readonly title: string
  readonly node: Node
  readonly diagnostics: Diagnostics
}

/** A block of any schema. */
export type AnySection = Pick<Section<z.ZodObject>, 'node' | 'fault' | 'span' | 'diagnostics'>

/**
 * Reads a block by its schema, one attribute at a time. Errors go to the diagnostics, and reading continues with
 * the default of the invalid attribute.
 */
export class Section<S extends z.ZodObject> {
  readonly diagnostics: Diagnostics
  readonly span: Span
  /** Values of the attributes. After an error, an attribute without a default is `undefined`. */
  readonly values: z.output<S>
  readonly schema: S
  readonly #node: Node

  constructor(schema: S, { node, title, diagnostics }: Omit<Named, 'name'>) {
    this.schema = schema
    this.diagnostics = diagnostics
    this.span = node.span
    this.#node = node
    const read: Read = { schema, node, name: '', title, faulty: new Set(), diagnostics }
    const values = namesOf(schema).map((name) => [name, this.#read(read, name, schema.shape[name] as Schema)])
    this.values = Object.fromEntries(values) as z.output<S>
    if (node.content.kind !== 'map' || !(schema.def.catchall instanceof z.ZodNever)) return
    for (const name of node.content.entries.keys())
      if (!Object.hasOwn(schema.shape, name)) unknownName(read, [], name)
  }

  /** Returns the node of an attribute or block; `undefined` if it is missing or null. */
  node(name: string): Node | undefined {
    const node = this.#node.content.kind === 'map' ? this.#node.content.entries.get(name) : undefined
    return node === undefined || isNull(node) ? undefined : node
  }

  /** Reports an error, or a warning with `severity: 'warning'`. */
  fault(span: Span, finding: Finding): void {
    report(this.diagnostics, span, finding)
  }

  #read(read: Read, name: string, schema: Schema): unknown {
    if (traitsOf(schema).elsewhere !== undefined) return undefined
    const node = this.node(name)
    const otherwise = parse(schema, undefined)
    if (node !== undefined)
      return (
        readNode(schema, node, { name, title: `the block "${name}"`, diagnostics: this.diagnostics }) ??
        otherwise.data
      )
    if (!otherwise.success) explain(read, { code: 'custom', path: [name], message: '', input: undefined })
    return otherwise.data
  }
}

/** Reads a value by its schema. @returns `undefined` after an error, which is in the diagnostics */
export function readNode<S extends Schema>(
  schema: S,
  node: Node,
  called: Omit<Named, 'node'>,
): z.output<S> | undefined {
  const { value, faulty } = inputOf(schema, node, called.name, called.diagnostics)
  const result = parse(schema, value)
  if (result.success) return result.data
  for (const issue of result.error.issues) explain({ schema, node, ...called, faulty }, issue)
  return undefined
}
