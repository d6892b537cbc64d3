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
  SensitivePaths,
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
  const sensitive = new SensitivePaths()
  const within: Scope = { parent: scope, variables: { local: values }, sensitive }
  const give = (name: string, { expression }: Attribute): void => {
    // Members of a cycle have been marked as unavailable by now.
    if (Object.hasOwn(values, name)) return
    setKey(values, name, evaluate(expression, within, diagnostics) ?? unavailable(expression))
    if (isSecretName(name) || isSensitive(expression, within)) sensitive.add(`local.${name}`)
  }
  for (const name of locals.keys())
    inOrder(name, locals, {
      isDone: (needed) => Object.hasOwn(values, needed),
      give,
      cycle: (names) => cycle(names, locals, values, diagnostics),
    })
  return { values, sensitive }
}

interface Visit {
  isDone(name: string): boolean
  /** Called with a local when everything that it needs is done. */
  give(name: string, local: Attribute): void
  /** Called with the members of a cycle; the first is repeated at the end. */
  cycle(names: readonly string[]): void
}

/** Visits a local after everything that it needs. */
function inOrder(first: string, locals: ReadonlyMap<string, Attribute>, visit: Visit): void {
  // An explicit stack, because a chain of locals may be longer than the call stack allows.
  const trail = new Map<string, { local: Attribute; needed: Iterator<string> }>()
  const stack: string[] = []
  const enter = (name: string) => {
    const local = locals.get(name)
    if (local === undefined || visit.isDone(name)) return
    if (trail.has(name)) return visit.cycle([...stack.slice(stack.indexOf(name)), name])
    trail.set(name, { local, needed: needs(local, locals)[Symbol.iterator]() })
    stack.push(name)
  }
  enter(first)
  while (stack.length > 0) {
    const name = stack.at(-1)!
    const { local, needed } = trail.get(name)!
    const next = needed.next()
    if (!next.done) enter(next.value)
    else {
      visit.give(name, local)
      trail.delete(name)
      stack.pop()
    }
  }
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
