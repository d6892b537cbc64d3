import type { Expression, ForVariables, Step, TemplatePart } from './ast.js'
import type { Span } from './source.js'

/** A use of a name that the expression does not bind itself. */
export interface NameUse {
  readonly root: string
  /** Names and constant keys after the root, up to the first computed one. */
  readonly path: readonly string[]
  readonly span: Span
}

type Bound = ReadonlySet<string>
type Visited = { node: Expression | TemplatePart; bound: Bound }

const NONE: Bound = new Set()

/** Visits an expression and all its parts, in no particular order, with the names bound by surrounding `for`s. */
export function walk(expression: Expression, visit: (node: Expression, bound: Bound) => void): void {
  // Uses an explicit stack, because long chains of operators nest deeper than the call stack allows.
  const pending: Visited[] = [{ node: expression, bound: NONE }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { node, bound } = next
    if (node.kind === 'text') continue
    if (!isPart(node)) visit(node, bound)
    pending.push(...children(node, bound))
  }
}

function isPart(node: Expression | TemplatePart): node is Exclude<TemplatePart, { kind: 'text' }> {
  return node.kind === 'interpolation' || node.kind === 'if' || node.kind === 'for'
}

/** Returns all names that an expression uses and does not bind, in textual order. */
export function references(expression: Expression): NameUse[] {
  const uses: NameUse[] = []
  walk(expression, (node, bound) => {
    const use = nameUse(node)
    if (use !== undefined && !bound.has(use.root)) uses.push(use)
  })
  return uses.sort((a, b) => a.span.start - b.span.start)
}

/** Returns the name used by a variable or by the traversal of one. */
function nameUse(node: Expression): NameUse | undefined {
  if (node.kind === 'variable') return { root: node.name, path: [], span: node.span }
  if (node.kind !== 'traversal' || node.source.kind !== 'variable') return undefined
  return { root: node.source.name, path: staticPath(node.steps), span: node.span }
}

function staticPath(steps: readonly Step[]): string[] {
  const path: string[] = []
  for (const step of steps) {
    if (step.kind === 'attribute') path.push(step.name)
    else if (step.kind === 'index' && step.key.kind === 'literal') path.push(String(step.key.value))
    else break
  }
  return path
}

function children(node: Expression | TemplatePart, bound: Bound): Visited[] {
  const here = (...nodes: readonly (Expression | TemplatePart | undefined)[]) =>
    nodes.flatMap((child) => (child === undefined ? [] : [{ node: child, bound }]))
  switch (node.kind) {
    case 'template':
      return here(...node.parts)
    case 'interpolation':
    case 'parentheses':
      return here(node.expression)
    case 'if':
      return here(node.condition, ...node.whenTrue, ...node.whenFalse)
    case 'for': {
      const inner = bind(bound, node.variables)
      return [...here(node.collection), ...node.body.map((part) => ({ node: part, bound: inner }))]
    }
    case 'traversal':
      // The variable is visited with the traversal.
      return [
        ...here(node.source.kind === 'variable' ? undefined : node.source),
        ...here(...keys(node.steps)),
      ]
    case 'call':
      return here(...node.arguments)
    case 'conditional':
      return here(node.condition, node.whenTrue, node.whenFalse)
    case 'unary':
      return here(node.operand)
    case 'binary':
      return here(node.left, node.right)
    case 'tuple':
      return here(...node.items)
    case 'object':
      return node.items.flatMap((item) => here(item.key, item.value))
    case 'for-tuple':
    case 'for-object': {
      const inner = bind(bound, node.variables)
      const key = node.kind === 'for-object' ? node.key : undefined
      const inside = [key, node.body, node.condition].filter((child) => child !== undefined)
      return [...here(node.collection), ...inside.map((child) => ({ node: child, bound: inner }))]
    }
    default:
      return []
  }
}

function keys(steps: readonly Step[]): Expression[] {
  return steps.flatMap((step) =>
    step.kind === 'index' ? [step.key] : step.kind === 'splat' ? keys(step.each) : [],
  )
}

function bind(bound: Bound, variables: ForVariables): Bound {
  const names = new Set(bound)
  names.add(variables.value)
  if (variables.key !== undefined) names.add(variables.key)
  return names
}
