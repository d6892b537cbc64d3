import { ConfigError } from '../../core/errors/config.js'
import { Late, type RunNames } from '../../core/settings/late.js'
import type { Value } from '../../core/value.js'
import { Diagnostics } from '../hcl/diagnostics.js'
import {
  type Finding,
  type HclValue,
  isLate,
  isObject,
  Reference,
  report,
  resolve,
  StepBudget,
} from '../hcl/index.js'
import type { LateUse } from '../late-uses.js'
import { lateValue, type Node, usesIn } from '../node.js'
import { placeOf } from '../spans.js'
import type { LateRoot, Traits } from './traits.js'

/**
 * Reads a value that may be computed at run time.
 * @param roots the names that have a value then
 * @param faulty receives the node after an error
 * @returns the value if it is known, a `Late` if it is not; `undefined` after an error
 */
export function readLate(
  node: Node,
  roots: readonly LateRoot[],
  faulty: Set<Node>,
  diagnostics: Diagnostics,
): HclValue | Late | undefined {
  const uses = usesIn(node)
  const wrong = uses.filter(({ root }) => !roots.some((each) => each === root))
  for (const use of wrong) report(diagnostics, use.span, misplaced(use, roots))
  const value = lateValue(node)
  if (value === undefined || wrong.length > 0) {
    faulty.add(node)
    return undefined
  }
  if (!holdsLate(value)) return value
  const named = (kind: LateRoot) => [
    ...new Set(uses.flatMap(({ root, name }) => (root === kind && name !== undefined ? [name] : []))),
  ]
  const place = placeOf(node.span)
  const needed = { data: named('data'), action: named('action') }
  return new Late(place, needed, (names) => compute(value, place, needed.data, names))
}

/** Returns the name in a reference to a block of a kind. */
export function nameIn(value: unknown, kind: NonNullable<Traits['refers']>): string | undefined {
  if (!(value instanceof Reference) || value.path[0] !== kind || value.path.length < 2) return undefined
  return value.path.slice(1).join('.')
}

/** Says how a block of a kind is named. */
export function expectedName(kind: NonNullable<Traits['refers']>): string {
  return `${kind}.NAME, or the name in double quotes`
}

function misplaced({ root, path }: LateUse, roots: readonly LateRoot[]): Finding {
  const expected = `a path that begins with ${roots.join(', ')}`
  const known = ['trigger', 'data', 'action'].includes(root)
  return known
    ? { message: `"${root}" has no value here`, expected }
    : { message: `"${[root, ...path].join('.')}" is the name of a block and has no value`, expected }
}

function holdsLate(value: HclValue): boolean {
  if (isLate(value)) return true
  if (Array.isArray(value)) return value.some(holdsLate)
  return isObject(value) && Object.values(value).some(holdsLate)
}

/** Computes a value. @throws ConfigError */
function compute(value: HclValue, place: string, needed: readonly string[], names: RunNames): Value {
  const found = new Diagnostics()
  const { trigger = null, data = {}, action = {} } = names
  const variables = { trigger, data, action } as Record<string, HclValue>
  const result = resolve(value, { variables, budget: new StepBudget() }, found)
  if (result !== undefined && !found.hasErrors) return result as Value
  const absent = needed.find((name) => data[name] === undefined)
  if (absent !== undefined)
    throw new ConfigError(`${place}: data.${absent} has no value yet`, [], { fault: 'local' })
  // Without the value that was found: it is data of the application, and errors are logged.
  const faults = found.errors.map(({ message, expected }) =>
    expected === undefined ? message : `${message}, expected ${expected}`,
  )
  throw new ConfigError(
    `${place}: ${faults.join('; ')}`,
    found.items.map(({ found: _, ...rest }) => rest),
    {
      fault: 'local',
    },
  )
}
