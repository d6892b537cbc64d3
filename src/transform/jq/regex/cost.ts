import type { RegexNode, Repeat } from './syntax.js'

/** Upper bounds of what a backtracking matcher does from one place of a text. */
interface Effort {
  /** Characters looked at. */
  readonly work: number
  /** Number of ways to match. The rest of the pattern may be tried for each. */
  readonly ways: number
}

/** Returns the maximum number of characters that a backtracking matcher reads in a text of that length. */
export function mostWork(root: RegexNode, length: number, isAtStart: boolean): number {
  return effortOf(root, length).work * (isAtStart ? 1 : length + 1)
}

function effortOf(node: RegexNode, length: number): Effort {
  switch (node.kind) {
    case 'sequence':
      return node.items
        .map((item) => effortOf(item, length))
        .reduce(
          (before, next) => ({
            work: before.work + before.ways * next.work,
            ways: before.ways * next.ways,
          }),
          { work: 1, ways: 1 },
        )
    case 'choice':
      return node.options
        .map((option) => effortOf(option, length))
        .reduce((one, other) => ({ work: one.work + other.work, ways: one.ways + other.ways }))
    case 'group':
      return effortOf(node.body, length)
    case 'look':
      return { work: effortOf(node.body, length).work, ways: 1 }
    case 'repeat':
      return repeated(node, effortOf(node.body, length), length)
    default:
      return { work: 1, ways: 1 }
  }
}

/** Several ways multiply with each repetition. Without a bound, the work grows exponentially. */
function repeated({ min, max }: Repeat, body: Effort, length: number): Effort {
  const most = Math.min(max, min + length + 1)
  if (body.ways === 1) return { work: body.work * most + 1, ways: most - min + 1 }
  return { work: body.work * most * body.ways ** most, ways: (most - min + 1) * body.ways ** most }
}
