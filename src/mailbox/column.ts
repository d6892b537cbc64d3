/**
 * Makes a column of a batch: an array with `count` times `value`.
 *
 * V8 treats an array made with `new Array(count)` as one with holes. On Node 20 such an array is cloned as single keys
 * and values, which costs several times as much.
 */
export function column<T>(count: number, value: T): T[] {
  const cells: T[] = []
  for (let i = 0; i < count; i++) cells.push(value)
  return cells
}
