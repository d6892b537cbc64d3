import type { Diagnostics } from '../hcl/diagnostics.js'
import { type Attribute, type Block, report } from '../hcl/index.js'
import { isPath } from '../spans.js'

/**
 * Converts the labels of a block `data "TYPE" "NAME"` into one label and an attribute `type`, as in the object form.
 * @returns `undefined` if a label is missing, which is reported
 */
export function withDataLabels(block: Block, diagnostics: Diagnostics): Block | undefined {
  const [type, name, ...surplus] = block.labels
  // In an object the name is the key, and the type an attribute.
  if (isPath(block.span.source.name)) return block
  if (type === undefined || name === undefined) {
    report(diagnostics, type?.span ?? block.typeSpan, {
      message: `the block "data" needs a type and a name`,
      hint: `data "${type?.value ?? 'rpc'}" "NAME" { … }`,
    })
    return undefined
  }
  const attribute: Attribute = {
    kind: 'attribute',
    name: 'type',
    nameSpan: type.span,
    span: type.span,
    expression: { kind: 'literal', value: type.value, span: type.span },
  }
  const { items, attributes } = block.body
  const body = { ...block.body, items: [attribute, ...items], attributes: [attribute, ...attributes] }
  return { ...block, labels: [name, ...surplus], body }
}
