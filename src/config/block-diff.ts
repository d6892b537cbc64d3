import { isDeepStrictEqual } from 'node:util'
import type { ChangedAttribute, ReloadTrait } from '../core/reload-plan.js'
import { textOf } from './hcl/source.js'
import { describeNode, type Node } from './node.js'
import { chosen, member } from './reading/schema-at.js'
import { type Schema, traitsOf } from './reading/traits.js'
import { placeOf } from './spans.js'

/** The schemas of a block: its own, and those of parts that a manifest describes. */
export interface BlockSchemas {
  readonly block: Schema
  /** By the name of the part: `config`, or `listen` of a broker. */
  readonly parts: Readonly<Record<string, Schema | undefined>>
}

/**
 * Finds the attributes of a block that differ.
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
    return [
      {
        path,
        place: placeOf(span),
        reload: schemas === undefined ? 'reconnect' : traitAt(schemas, path.split('.')),
        ...(was !== undefined && { before: describeNode(was) }),
        ...(is !== undefined && { after: describeNode(is) }),
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
    return is.kind === 'late' && areConstantsEqual && textOf(before.span) === textOf(after.span)
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
