/** A path into a value: names of members, and positions in lists. */
export type DataPath = readonly (string | number)[]

const STEP = /\.([\p{L}_$][\p{L}\p{N}_$-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/uy

/**
 * Reads a path such as `items[0].price` or `["odd key"].x`. The first name may lack its dot.
 * @returns `undefined` if it is not a path
 */
export function parsePath(text: string): DataPath | undefined {
  const path: (string | number)[] = []
  const all = text.startsWith('.') || text.startsWith('[') || text === '' ? text : `.${text}`
  STEP.lastIndex = 0
  while (STEP.lastIndex < all.length) {
    const step = STEP.exec(all)
    if (step === null) return undefined
    const [, name, index, quoted] = step
    const key = name ?? (index === undefined ? unquoted(quoted!) : Number(index))
    if (key === undefined) return undefined
    path.push(key)
  }
  return path
}

function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string
  } catch {
    return undefined
  }
}

/** Returns the value at a path; `undefined` if there is none. Reads own members only. */
export function valueAt(value: unknown, path: DataPath): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Readonly<Record<string | number, unknown>>)[step]
  }
  return at
}
