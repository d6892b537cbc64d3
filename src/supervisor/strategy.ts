import type { Strategy } from './child-spec.js'

/** The children that a restart stops and starts. */
export interface AffectedChildren {
  /** The siblings to stop, in reverse start order, without the failed child. */
  readonly stop: readonly string[]
  /** The children to start afterwards, in start order, including the failed child. */
  readonly start: readonly string[]
}

/**
 * Finds the children that a strategy restarts with a failed one.
 * @param childrenInStartOrder running or not: a sibling that has ended is started again with its group
 * @returns empty lists if `failedId` is not among the children
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
