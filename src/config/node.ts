import { describeValue, type HclObject, type HclValue, type Span, setKey } from './hcl/index.js'

type Scalar = null | boolean | number | string

type Content =
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Node> }
  /** Known at run time only. */
  | { readonly kind: 'late' }
  /** Its fault has been reported. */
  | { readonly kind: 'faulty' }

/** A value of the configuration, every part of which knows its place. Blocks and objects are the same here. */
export interface Node {
  readonly content: Content
  /** Where the value stands; of a block its type and labels. */
  readonly span: Span
  /** Where its name stands. */
  readonly nameSpan: Span
  /** Whether it must not be shown. */
  readonly secret: boolean
}

/** How the value of a node is shown in a message; a secret one by its type alone. */
export function describeNode({ content, secret }: Node): string {
  switch (content.kind) {
    case 'scalar':
      return describeValue(content.value, secret)
    case 'list':
      return describeValue(
        content.items.map(() => null),
        secret,
      )
    case 'map':
      return 'an object'
    case 'late':
      return 'a value known at run time'
    case 'faulty':
      return 'nothing usable'
  }
}

/** The plain value of a node; undefined for what is faulty or known at run time, which lists and objects leave out. */
export function plainValue({ content }: Node): HclValue | undefined {
  switch (content.kind) {
    case 'scalar':
      return content.value
    case 'list':
      return content.items.map((item) => plainValue(item) ?? null)
    case 'map': {
      const object: HclObject = {}
      for (const [key, node] of content.entries) {
        const value = plainValue(node)
        if (value !== undefined) setKey(object, key, value)
      }
      return object
    }
    default:
      return undefined
  }
}

/** The node at a path inside of another; undefined when there is none. */
export function nodeAt(node: Node, path: readonly PropertyKey[]): Node | undefined {
  let at: Node | undefined = node
  for (const step of path) {
    if (at?.content.kind === 'map') at = at.content.entries.get(String(step))
    else if (at?.content.kind === 'list') at = at.content.items[Number(step)]
    else return undefined
  }
  return at
}
