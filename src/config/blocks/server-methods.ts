import type { Attribute, Block, Expression } from '../hcl/index.js'

/** Values of a method's `auth`, written as bare words. */
const WORDS: ReadonlySet<string> = new Set(['required', 'optional', 'none'])

/**
 * Converts the blocks `method "NAME" { … }` of a `server` block into one object keyed by name, as in the object
 * form. Bare words in them become strings.
 */
export function withMethods(block: Block): Block {
  const methods = block.body.blocks.filter(({ type, labels }) => type === 'method' && labels.length > 0)
  const [first] = methods
  if (first === undefined) return block
  const attribute: Attribute = {
    kind: 'attribute',
    name: 'method',
    nameSpan: first.typeSpan,
    span: first.span,
    expression: {
      kind: 'object',
      span: first.span,
      items: methods.map(({ labels: [label], body, span }) => ({
        key: { kind: 'literal', value: label!.value, span: label!.span },
        value: {
          kind: 'object',
          span,
          items: body.attributes.map(({ name, nameSpan, expression }) => ({
            key: { kind: 'literal', value: name, span: nameSpan },
            value: wordOf(expression),
          })),
        },
      })),
    },
  }
  const rest = <T>(items: readonly T[]) =>
    items.filter((item) => !(methods as readonly unknown[]).includes(item))
  const body = {
    ...block.body,
    items: [...rest(block.body.items), attribute],
    attributes: [...block.body.attributes, attribute],
    blocks: rest(block.body.blocks),
  }
  return { ...block, body }
}

function wordOf(expression: Expression): Expression {
  return expression.kind === 'variable' && WORDS.has(expression.name)
    ? { kind: 'literal', value: expression.name, span: expression.span }
    : expression
}
