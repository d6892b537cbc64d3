/** A regular expression, as it was read. */
export type RegexNode =
  /** One character of a set. `source` is the set as JavaScript writes it. */
  | { readonly kind: 'set'; readonly source: string }
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  /** The text that a group has captured. */
  | { readonly kind: 'back'; readonly group: number }
  | { readonly kind: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly options: readonly RegexNode[] }
  /** A group that captures. Groups are counted from 1. */
  | { readonly kind: 'group'; readonly index: number; readonly body: RegexNode }
  | {
      readonly kind: 'look'
      readonly isBehind: boolean
      readonly isNegative: boolean
      readonly body: RegexNode
    }
  | Repeat

export interface Repeat {
  readonly kind: 'repeat'
  readonly body: RegexNode
  readonly min: number
  /** `Infinity` if there is no bound. */
  readonly max: number
  readonly isLazy: boolean
}

export type Anchor = 'start' | 'end' | 'end-of-line' | 'boundary' | 'no-boundary'

/** A regular expression with the name of each of its groups, in order: `null` for a group without one. */
export interface ParsedRegex {
  readonly root: RegexNode
  readonly names: readonly (string | null)[]
}

/** The parts of a node. */
function partsOf(node: RegexNode): readonly RegexNode[] {
  switch (node.kind) {
    case 'sequence':
      return node.items
    case 'choice':
      return node.options
    case 'group':
    case 'look':
    case 'repeat':
      return [node.body]
    default:
      return []
  }
}

/** Whether a node or a part of it has a property. */
export function someNode(node: RegexNode, test: (node: RegexNode) => boolean): boolean {
  return test(node) || partsOf(node).some((part) => someNode(part, test))
}
