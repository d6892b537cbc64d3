import { isDeepStrictEqual } from 'node:util'
import { type ChangedAttribute, type ReloadTrait, withoutType } from '../core/reload-plan.js'
import { type Deferred, Reference, references } from './hcl/index.js'
import { textOf } from './hcl/source.js'
import { describeNode, type Node } from './node.js'
import { chosen, member } from './reading/schema-at.js'
import { type Schema, traitsOf } from './reading/traits.js'
import { holdsKey } from './secrets.js'
import { placeOf } from './spans.js'

/** Elements of a list that are shown. */
const MOST_ITEMS = 8

/** The schemas of a block: its own, and those of parts that a manifest describes. */
export interface BlockSchemas {
  readonly block: Schema
  /** By the name of the part: `config`, or `listen` of a broker. */
  readonly parts: Readonly<Record<string, Schema | undefined>>
}

/**
 * Finds the attributes of a block that differ.
 * @param schemas without them all attributes change in place
 * @param areConstantsEqual whether variables and locals are the same, on which values of the run time may depend
 */
export function changedAttributes(
  before: Node | undefined,
  after: Node | undefined,
  schemas: BlockSchemas | undefined,
  areConstantsEqual: boolean,
): readonly ChangedAttribute[] {
  const [old, now] = [leavesOf(before), leavesOf(after)]
  const paths = [...new Set([...old.keys(), ...now.keys()])]
  return paths.flatMap((path): ChangedAttribute[] => {
    const [was, is] = [old.get(path), now.get(path)]
    if (was !== undefined && is !== undefined && isSame(was, is, areConstantsEqual)) return []
    const { span } = (is ?? was)!
    // A value that is secret now may have been the same secret before it was marked.
    const isSecret = [was, is].some((node) => node !== undefined && holdsSecret(node))
    return [
      {
        path,
        place: placeOf(span),
        reload: schemas === undefined ? 'in place' : traitAt(schemas, path.split('.')),
        ...(was !== undefined && { before: described(was, isSecret) }),
        ...(is !== undefined && { after: described(is, isSecret) }),
      },
    ]
  })
}

/** The attributes of a block by their paths. A list is one attribute, unless it has blocks. */
function leavesOf(node: Node | undefined, path = '', found = new Map<string, Node>()): Map<string, Node> {
  if (node === undefined) return found
  const { content } = node
  const below = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`)
  if (content.kind === 'map') {
    if (content.entries.size === 0 && path !== '') found.set(path, node)
    for (const [name, inner] of content.entries) leavesOf(inner, below(name), found)
  } else if (content.kind === 'list' && content.items.some((item) => item.content.kind === 'map'))
    content.items.forEach((item, index) => {
      leavesOf(item, below(index), found)
    })
  else found.set(path, node)
  return found
}

function isSame(before: Node, after: Node, areConstantsEqual: boolean): boolean {
  const [was, is] = [before.content, after.content]
  if (was.kind === 'late')
    return (
      is.kind === 'late' &&
      textOf(before.span) === textOf(after.span) &&
      (areConstantsEqual || isSameByItself(was.value, is.value))
    )
  if (was.kind === 'scalar') return is.kind === 'scalar' && isDeepStrictEqual(was.value, is.value)
  const same = (a: Node, b: Node | undefined) => b !== undefined && isSame(a, b, areConstantsEqual)
  if (was.kind === 'list')
    return (
      is.kind === 'list' &&
      was.items.length === is.items.length &&
      was.items.every((item, at) => same(item, is.items[at]))
    )
  if (was.kind === 'map')
    return (
      is.kind === 'map' &&
      was.entries.size === is.entries.size &&
      [...was.entries].every(([key, item]) => same(item, is.entries.get(key)))
    )
  return was.kind === is.kind
}

function holdsSecret({ secret, content }: Node): boolean {
  if (secret) return true
  if (content.kind === 'list') return content.items.some(holdsSecret)
  return content.kind === 'scalar' && holdsKey(content.value)
}

/** Describes a value like a message, but a list by its elements, because two of the same length must be told apart. */
function described(node: Node, secret: boolean): string {
  const { content } = node
  if (secret || content.kind !== 'list') return describeNode({ ...node, secret })
  const items = content.items.map((item) => withoutType(describeNode(item)))
  const shown = items.slice(0, MOST_ITEMS)
  const rest = items.length > MOST_ITEMS ? [`and ${items.length - MOST_ITEMS} more`] : []
  return `the list [${[...shown, ...rest].join(', ')}]`
}

/** Whether values of the run time are the same whatever the variables and locals are. */
function isSameByItself(was: Reference | Deferred, is: Reference | Deferred): boolean {
  if (was instanceof Reference) return is instanceof Reference && isDeepStrictEqual(was.path, is.path)
  if (is instanceof Reference || textOf(was.expression.span) !== textOf(is.expression.span)) return false
  return !references(was.expression).some(({ root }) => root === 'var' || root === 'local')
}

/** The trait of the attribute, or of the nearest block around it that has one. */
function traitAt({ block, parts }: BlockSchemas, path: readonly string[]): ReloadTrait {
  const [first, ...rest] = path
  const part = parts[first!]
  let at: Schema | undefined = part ?? block
  let found: ReloadTrait = (part && traitsOf(part).reload) ?? 'reconnect'
  for (const step of part === undefined ? path : rest) {
    at = at && member(chosen(at, undefined), step)
    if (at === undefined) break
    found = traitsOf(at).reload ?? found
  }
  return found
}
