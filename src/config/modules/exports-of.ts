const COMMENTS = /\/\*[\s\S]*?\*\/|^[ \t]*\/\/.*$/gm
const DECLARED =
  /^[ \t]*export\s+(?:async\s+)?(?:function\s*\*?|class|const|let|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gmu
const LISTED = /^[ \t]*export\s*\{([^}]*)\}/gm
const DEFAULT = /^[ \t]*export\s+default\b/m
/** Exports whose names a quick look does not tell. */
const UNCLEAR =
  /^[ \t]*export\s*(?:\*|=|(?:const|let|var)\s*[{[])|^[ \t]*export\s+(?:const|let|var)[^=]*=[^\n]*,\s*$|\bmodule\.exports\b|\bexports\s*[.[]/m

/**
 * Finds the names that a module exports, by a quick look at its text.
 * @returns `undefined` where only loading the module tells
 */
export function exportsOf(text: string): ReadonlySet<string> | undefined {
  const code = text.replace(COMMENTS, '')
  // A default export may be an object with functions.
  if (UNCLEAR.test(code) || DEFAULT.test(code) || !/^[ \t]*export\b/m.test(code)) return undefined
  const listed = [...code.matchAll(LISTED)].flatMap(([, names]) =>
    names!
      .split(',')
      .map(
        (item) =>
          item
            .trim()
            .split(/\s+as\s+/)
            .at(-1)!,
      )
      .filter((name) => name !== ''),
  )
  return new Set([...[...code.matchAll(DECLARED)].map(([, name]) => name!), ...listed])
}
