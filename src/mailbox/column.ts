/**
 * A column of a batch: `count` times `value`, to be changed and added to.
 * An array made by its length counts as one with holes ever after, and on Node 20 such an array crosses to another
 * thread as keys and values, one by one, which costs several times as much as its values alone.
 */
export function column<T>(count: number, value: T): T[] {
  const cells: T[] = []
  for (let i = 0; i < count; i++) cells.push(value)
  return cells
}
