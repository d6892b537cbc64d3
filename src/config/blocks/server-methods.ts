import type { Attribute, Block, Expression } from '../hcl/index.js'

/** Values of `auth`, written as bare words. */
const WORDS: ReadonlySet<string> = new Set(['required', 'optional', 'none'])

/**
 * Converts the blocks `method "NAME" { … }` of a `server` block into one object keyed by name, as in the object
 * form. Bare words in them become strings.
 */
export function withMethods(given: Block): Block {
  const block = withWords(given)
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

/** Does the same in the block `serve` of an integration. */
export function withServedMethods(block: Block): Block {
  return withInner(block, (inner) => (inner.type === 'serve' ? withMethods(inner) : undefined))
}

/** Makes text of a bare word in the block `auth`. */
function withWords(block: Block): Block {
  const spoken = (attribute: Attribute) => ({ ...attribute, expression: wordOf(attribute.expression) })
  return withInner(block, (inner) => {
    if (inner.type !== 'auth') return undefined
    const { body } = inner
    const attributes = body.attributes.map(spoken)
    const others = body.items.filter((item) => !(body.attributes as readonly unknown[]).includes(item))
    return { ...inner, body: { ...body, attributes, items: [...attributes, ...others] } }
  })
}

/** Replaces blocks within a block. @param replacement returns `undefined` for a block that stays as it is */
function withInner(block: Block, replacement: (inner: Block) => Block | undefined): Block {
  const replaced = new Map<unknown, Block>()
  for (const inner of block.body.blocks) {
    const other = replacement(inner)
    if (other !== undefined) replaced.set(inner, other)
  }
  if (replaced.size === 0) return block
  const swap = <T>(item: T): T => (replaced.get(item) as T | undefined) ?? item
  const { body } = block
  return { ...block, body: { ...body, items: body.items.map(swap), blocks: body.blocks.map(swap) } }
}

function wordOf(expression: Expression): Expression {
  return expression.kind === 'variable' && WORDS.has(expression.name)
    ? { kind: 'literal', value: expression.name, span: expression.span }
    : expression
}
