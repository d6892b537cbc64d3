import { type RegexNode, someNode } from './syntax.js'

/** Whether a node can match the empty string. */
export function canBeEmpty(node: RegexNode): boolean {
  switch (node.kind) {
    case 'set':
      return false
    case 'sequence':
      return node.items.every(canBeEmpty)
    case 'choice':
      return node.options.some(canBeEmpty)
    case 'group':
      return canBeEmpty(node.body)
    case 'repeat':
      return node.min === 0 || canBeEmpty(node.body)
    default:
      return true
  }
}

/**
 * Whether a node is a repetition with a count, of which a round can be empty. Oniguruma ends some of them at an empty
 * round, and unrolls others.
 */
export function isEmptyRoundCounted(node: RegexNode): boolean {
  if (node.kind !== 'repeat' || !canBeEmpty(node.body)) return false
  return node.min > 1 || (node.max > 1 && node.max !== Number.POSITIVE_INFINITY)
}

/** The sets of which a match begins with one character, or `undefined` if it may begin with any or be empty. */
export function firstSets(node: RegexNode): readonly string[] | undefined {
  const first = beginning(node)
  return first === undefined || first.canBeEmpty ? undefined : first.sets
}

function beginning(
  node: RegexNode,
): { readonly sets: readonly string[]; readonly canBeEmpty: boolean } | undefined {
  switch (node.kind) {
    case 'set':
      return { sets: [node.source], canBeEmpty: false }
    case 'anchor':
    case 'look':
      return { sets: [], canBeEmpty: true }
    case 'back':
      return undefined
    case 'group':
      return beginning(node.body)
    case 'repeat': {
      const body = beginning(node.body)
      return body && { sets: body.sets, canBeEmpty: body.canBeEmpty || node.min === 0 }
    }
    case 'choice':
      return together(node.options, (all) => all.some((option) => option.canBeEmpty))
    case 'sequence': {
      const end = node.items.findIndex((item) => !canBeEmpty(item))
      const items = end === -1 ? node.items : node.items.slice(0, end + 1)
      return together(items, () => end === -1)
    }
  }
}

function together(
  nodes: readonly RegexNode[],
  empty: (all: readonly { readonly canBeEmpty: boolean }[]) => boolean,
): ReturnType<typeof beginning> {
  const all: NonNullable<ReturnType<typeof beginning>>[] = []
  for (const node of nodes) {
    const each = beginning(node)
    if (each === undefined) return undefined
    all.push(each)
  }
  return { sets: all.flatMap(({ sets }) => sets), canBeEmpty: empty(all) }
}

/** Whether every match begins at the start of the text. */
export function isAtStart(node: RegexNode): boolean {
  switch (node.kind) {
    case 'anchor':
      return node.anchor === 'start'
    case 'sequence':
      return node.items.length > 0 && isAtStart(node.items[0]!)
    case 'choice':
      return node.options.every(isAtStart)
    case 'group':
      return isAtStart(node.body)
    default:
      return false
  }
}

/**
 * Whether JavaScript finds the same matches. It differs in what groups hold that a repetition or a reference comes back
 * to, and in repetitions of what can be empty.
 */
export function meansTheSameInJavaScript(root: RegexNode): boolean {
  return !someNode(root, (node) => {
    if (node.kind === 'back') return true
    if (node.kind === 'look') return node.isBehind && hasGroups(node.body)
    return node.kind === 'repeat' && (canBeEmpty(node.body) || (node.max > 1 && leavesGroupsOut(node.body)))
  })
}

function hasGroups(node: RegexNode): boolean {
  return someNode(node, ({ kind }) => kind === 'group')
}

function leavesGroupsOut(node: RegexNode): boolean {
  return someNode(
    node,
    (part) => (part.kind === 'choice' || (part.kind === 'repeat' && part.min === 0)) && hasGroups(part),
  )
}
