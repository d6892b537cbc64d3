import { standardFunctions } from './functions/index.js'
import type { HclFunction, HclValue, Scope } from './values.js'

/** The meaning of a bare name. */
export type Binding =
  | { kind: 'value'; value: HclValue }
  | { kind: 'keyword' }
  | { kind: 'deferred' }
  | { kind: 'unknown' }

/** Looks up a name, innermost scope first. */
export function lookup(scope: Scope, name: string): Binding {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.variables !== undefined && Object.hasOwn(at.variables, name)) {
      // A caller may pass `undefined` for a variable; the language has only null.
      return { kind: 'value', value: at.variables[name] ?? null }
    }
    if (at.deferred?.includes(name)) return { kind: 'deferred' }
    if (at.keywords?.includes(name)) return { kind: 'keyword' }
  }
  return { kind: 'unknown' }
}

/** Looks up a function, innermost scope first, then among the standard functions. */
export function findFunction(scope: Scope, name: string): HclFunction | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const found = at.functions?.get(name)
    if (found !== undefined) return found
  }
  return standardFunctions.get(name)
}

/** Returns the names of all functions in scope. */
export function functionNames(scope: Scope): string[] {
  const names = [...standardFunctions.keys()]
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent)
    names.push(...(at.functions?.keys() ?? []))
  return names
}

/** Returns all names in scope. */
export function knownNames(scope: Scope): string[] {
  const names: string[] = []
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    names.push(...Object.keys(at.variables ?? {}), ...(at.deferred ?? []), ...(at.keywords ?? []))
  }
  return names
}

/** Tells whether the value at a path is sensitive or contains something sensitive. */
export function isSensitivePath(scope: Scope, path: readonly string[]): boolean {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.sensitive?.cover(path)) return true
    // A name bound here hides the outer scopes.
    if (at.variables !== undefined && Object.hasOwn(at.variables, path[0]!)) return false
  }
  return false
}

/** Appends `outer` to the chain of parents of `inner`. */
export function chain(inner: Scope, outer: Scope): Scope {
  if (inner === outer) return inner
  return { ...inner, parent: inner.parent === undefined ? outer : chain(inner.parent, outer) }
}
