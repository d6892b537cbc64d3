import type { Value } from '../../core/value.js'
import { emptyBlock } from '../node.js'
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
  const node = section.node(name) ?? emptyBlock(span)
  return (readNode(schema, node, { name, title, diagnostics }) ?? {}) as { readonly [key: string]: Value }
}
