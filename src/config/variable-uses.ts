import { type Body, references } from './hcl/index.js'

/** Returns the names of all variables that expressions use (`var.NAME`). */
export function variableUses(bodies: readonly Body[]): ReadonlySet<string> {
  const names = new Set<string>()
  const pending = [...bodies]
  for (let body = pending.pop(); body !== undefined; body = pending.pop()) {
    pending.push(...body.blocks.map((block) => block.body))
    for (const { expression } of body.attributes)
      for (const { root, path } of references(expression))
        if (root === 'var' && path[0] !== undefined) names.add(path[0])
  }
  return names
}
