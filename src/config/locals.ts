import { isSecretName } from '../core/secret-name.js'
import type { Diagnostics } from './hcl/diagnostics.js'
import {
  type Attribute,
  type Block,
  evaluate,
  type HclObject,
  isSensitive,
  references,
  report,
  type Scope,
  setKey,
} from './hcl/index.js'
import { placeOf } from './spans.js'
import { unavailable, type Variables } from './variables.js'

/**
 * Evaluates the `locals` blocks in the order of their dependencies. Reports a cycle with all its members.
 * @param scope scope of the names that are not locals
 */
export function readLocals(blocks: readonly Block[], scope: Scope, diagnostics: Diagnostics): Variables {
  const locals = definitions(blocks, diagnostics)
  const values: HclObject = {}
  const sensitive: string[] = []
  const within: Scope = { parent: scope, variables: { local: values }, sensitive }
  const visit = (name: string, trail: readonly string[]): void => {
    if (Object.hasOwn(values, name)) return
    const local = locals.get(name)
    if (local === undefined) return
    if (trail.includes(name))
      return cycle([...trail.slice(trail.indexOf(name)), name], locals, values, diagnostics)
    for (const needed of needs(local, locals)) visit(needed, [...trail, name])
    // Members of a cycle have been marked as unavailable by now.
    if (Object.hasOwn(values, name)) return
    setKey(values, name, evaluate(local.expression, within, diagnostics) ?? unavailable(local.expression))
    if (isSecretName(name) || isSensitive(local.expression, within)) sensitive.push(`local.${name}`)
  }
  for (const name of locals.keys()) visit(name, [])
  return { values, sensitive }
}

function definitions(blocks: readonly Block[], diagnostics: Diagnostics): Map<string, Attribute> {
  const locals = new Map<string, Attribute>()
  for (const { body } of blocks) {
    for (const block of body.blocks)
      report(diagnostics, block.typeSpan, {
        message: 'a "locals" block must not contain blocks',
        hint: `write ${block.type} = { … }`,
      })
    for (const attribute of body.attributes) {
      const first = locals.get(attribute.name)
      if (first === undefined) locals.set(attribute.name, attribute)
      else
        report(diagnostics, attribute.nameSpan, {
          message: `the local value "${attribute.name}" is already defined at ${placeOf(first.nameSpan)}`,
          hint: 'give one of them another name',
        })
    }
  }
  return locals
}

/** Returns the names of the locals that a local refers to; all names if it computes the name. */
function needs(local: Attribute, all: ReadonlyMap<string, Attribute>): Iterable<string> {
  const uses = references(local.expression).filter(({ root }) => root === 'local')
  return uses.some(({ path }) => path.length === 0) ? all.keys() : uses.map(({ path }) => path[0]!)
}

function cycle(
  names: readonly string[],
  locals: ReadonlyMap<string, Attribute>,
  values: HclObject,
  diagnostics: Diagnostics,
): void {
  const first = locals.get(names[0]!)!
  const through = names.map((name) => `local.${name}`).join(' → ')
  report(diagnostics, first.nameSpan, {
    message: `the local value "${first.name}" depends on itself`,
    found: through,
    hint: 'give one of them a value that needs none of the others',
  })
  for (const name of names) setKey(values, name, unavailable(locals.get(name)!.expression))
}
