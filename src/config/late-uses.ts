import {
  type Deferred,
  type HclValue,
  isLate,
  isObject,
  Reference,
  type Scope,
  type Span,
} from './hcl/index.js'
import { lookup } from './hcl/scope.js'
import { references } from './hcl/walk.js'

/** A name that an expression needs at run time. */
export interface LateUse {
  readonly root: string
  /** The block that it names, if the root is a kind of block. */
  readonly name?: string
  readonly path: readonly string[]
  readonly span: Span
}

/** Returns the names that a value needs at run time, also through the locals that it uses. */
export function lateUses(value: Reference | Deferred, scope: Scope): readonly LateUse[] {
  const found: LateUse[] = []
  const seen = new Set<unknown>()
  const visit = (part: HclValue): void => {
    if (part instanceof Reference) {
      const [root, ...path] = part.path
      found.push({ root: root!, path, span: part.span })
    } else if (isLate(part)) {
      if (seen.has(part)) return
      seen.add(part)
      for (const use of references(part.expression)) {
        const binding = lookup(scope, use.root)
        if (binding.kind === 'deferred') found.push(use)
        else if (binding.kind === 'value') visit(memberAt(binding.value, use.path))
      }
    } else if (Array.isArray(part)) part.forEach(visit)
    else if (isObject(part)) Object.values(part).forEach(visit)
  }
  visit(value)
  return found
}

/** Returns the member at a path, or the deepest one that is known. */
function memberAt(value: HclValue, path: readonly string[]): HclValue {
  let at = value
  for (const step of path) {
    const next = Array.isArray(at) ? at[Number(step)] : isObject(at) ? at[step] : undefined
    if (next === undefined) return at
    at = next
  }
  return at
}
