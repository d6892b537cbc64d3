import {
  type Deferred,
  describeValue,
  type HclObject,
  type HclValue,
  type Reference,
  type Span,
  setKey,
} from './hcl/index.js'
import type { LateUse } from './late-uses.js'

type Scalar = null | boolean | number | string

type Content =
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Node> }
  /** Known only at run time. */
  | {
      readonly kind: 'late'
      readonly value: Reference | Deferred
      readonly uses: readonly LateUse[]
      /** Its text, if all that it contains beside constants are paths. */
      readonly template?: string
    }
  /** Invalid, and already reported. */
  | { readonly kind: 'faulty' }

/** A value of the configuration whose parts know their place in the text. Blocks and objects look the same. */
export interface Node {
  readonly content: Content
  /** Place of the value; for a block, of its type and labels. */
  readonly span: Span
  /** Place of its name. */
  readonly nameSpan: Span
  /** Whether the value must not be shown. */
  readonly secret: boolean
}

/** Makes the node of a block that is missing, at the place of the block around it. */
export function emptyBlock(span: Span): Node {
  return { content: { kind: 'map', entries: new Map() }, span, nameSpan: span, secret: false }
}

/** Describes the value of a node in a message; a secret only by its type. */
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

/** Returns the value of a node whose late parts are kept; `undefined` if a part is invalid. */
export function lateValue({ content }: Node): HclValue | undefined {
  switch (content.kind) {
    case 'scalar':
    case 'late':
      return content.value
    case 'list': {
      const items = content.items.map(lateValue)
      return items.includes(undefined) ? undefined : (items as HclValue[])
    }
    case 'map': {
      const object: HclObject = {}
      for (const [key, node] of content.entries) {
        const value = lateValue(node)
        if (value === undefined) return undefined
        setKey(object, key, value)
      }
      return object
    }
    case 'faulty':
      return undefined
  }
}

/** Returns all names that the parts of a node need at run time. */
export function usesIn({ content }: Node): readonly LateUse[] {
  if (content.kind === 'late') return content.uses
  if (content.kind === 'list') return content.items.flatMap(usesIn)
  return content.kind === 'map' ? [...content.entries.values()].flatMap(usesIn) : []
}

/** Returns the node at a path below another; `undefined` if there is none. */
export function nodeAt(node: Node, path: readonly PropertyKey[]): Node | undefined {
  let at: Node | undefined = node
  for (const step of path) {
    if (at?.content.kind === 'map') at = at.content.entries.get(String(step))
    else if (at?.content.kind === 'list') at = at.content.items[Number(step)]
    else return undefined
  }
  return at
}
