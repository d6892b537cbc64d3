import type { Strategy } from './child-spec.js'

/** What a restart does to the children of one supervisor. */
export interface AffectedChildren {
  /** The siblings to stop, one after the other, in reverse start order. The failed child is not among them. */
  readonly stop: readonly string[]
  /** The children to start afterwards, one after the other, in start order, the failed one among them. */
  readonly start: readonly string[]
}

/**
 * Whom a strategy restarts with a failed child.
 * @param childrenInStartOrder running or not: a sibling that had ended is started again with its group.
 * @returns nobody when `failedId` is not among the children.
 */
export function affectedChildren(
  strategy: Strategy,
  childrenInStartOrder: readonly string[],
  failedId: string,
): AffectedChildren {
  const failedAt = childrenInStartOrder.indexOf(failedId)
  if (failedAt === -1) return { stop: [], start: [] }
  const start = groupOf(strategy, childrenInStartOrder, failedAt)
  return { stop: start.filter((id) => id !== failedId).reverse(), start }
}

function groupOf(strategy: Strategy, children: readonly string[], failedAt: number): readonly string[] {
  switch (strategy) {
    case 'one_for_one':
      return children.slice(failedAt, failedAt + 1)
    case 'one_for_all':
      return children
    case 'rest_for_one':
      return children.slice(failedAt)
  }
}
