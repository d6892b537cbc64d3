import { standardFunctions } from './functions/index.js'
import type { HclFunction, HclValue, Scope } from './values.js'

/** What a bare name turned out to be. */
export type Binding =
  | { kind: 'value'; value: HclValue }
  | { kind: 'keyword' }
  | { kind: 'deferred' }
  | { kind: 'unknown' }

/** Looks a name up, the innermost scope first. */
export function lookup(scope: Scope, name: string): Binding {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.variables !== undefined && Object.hasOwn(at.variables, name)) {
      // A host may have left a variable undefined, which the language does not know.
      return { kind: 'value', value: at.variables[name] ?? null }
    }
    if (at.deferred?.includes(name)) return { kind: 'deferred' }
    if (at.keywords?.includes(name)) return { kind: 'keyword' }
  }
  return { kind: 'unknown' }
}

/** Looks a function up, the innermost scope first, then among the standard ones. */
export function findFunction(scope: Scope, name: string): HclFunction | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.functions?.get(name)
    if (found !== undefined) return found
  }
  return standardFunctions.get(name)
}

/** The names of all functions that a lookup would find. */
export function functionNames(scope: Scope): string[] {
  const names = [...standardFunctions.keys()]
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent)
    names.push(...(at.functions?.keys() ?? []))
  return names
}

/** Every name that a lookup would find. */
export function knownNames(scope: Scope): string[] {
  const names: string[] = []
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    names.push(...Object.keys(at.variables ?? {}), ...(at.deferred ?? []), ...(at.keywords ?? []))
  }
  return names
}

/** Whether the value at a path is sensitive, or holds something that is. */
export function isSensitivePath(scope: Scope, path: readonly string[]): boolean {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const marked = at.sensitive?.some((entry) => {
      const parts = entry.split('.')
      return parts.every((part, index) => index >= path.length || part === path[index])
    })
    if (marked) return true
    // A name that is bound here hides what the outer scopes say about it.
    if (at.variables !== undefined && Object.hasOwn(at.variables, path[0]!)) return false
  }
  return false
}

/** Puts `outer` behind the last parent of `inner`. */
export function chain(inner: Scope, outer: Scope): Scope {
  if (inner === outer) return inner
  return { ...inner, parent: inner.parent === undefined ? outer : chain(inner.parent, outer) }
}
