import type { Value } from '../../core/value.js'
import type { Node } from '../node.js'
import { type AnySection, readNode } from '../reading/section.js'
import type { Schema } from '../reading/traits.js'

/**
 * Reads a block whose schema is in a manifest. If the block is missing, the schema decides what is required.
 * @param title name of the block in messages
 */
export function readConfig(
  section: AnySection,
  schema: Schema,
  title: string,
  name = 'config',
): { readonly [key: string]: Value } {
  const { span, diagnostics } = section
  const nothing: Node = { content: { kind: 'map', entries: new Map() }, span, nameSpan: span, secret: false }
  const node = section.node(name) ?? nothing
  return (readNode(schema, node, { name, title, diagnostics }) ?? {}) as { readonly [key: string]: Value }
}
