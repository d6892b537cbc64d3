import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { safeParse } from 'zod/v4/core'
import type { Diagnostics } from '../hcl/diagnostics.js'
import { type HclObject, type HclValue, report, setKey } from '../hcl/index.js'
import { describeNode, type Node } from '../node.js'
import { holdsKey } from '../secrets.js'
import { folderOf } from '../spans.js'
import { chosen, member } from './schema-at.js'
import { type Schema, traitsOf } from './traits.js'

/** The value of a node as its schema takes it, and the nodes of which a fault has been reported on the way. */
export interface Input {
  readonly value: HclValue | undefined
  readonly faulty: ReadonlySet<Node>
}

/** Makes the input of a schema. A path becomes absolute, and an attribute of a block that is null counts as absent. */
export function inputOf(schema: Schema, node: Node, name: string, diagnostics: Diagnostics): Input {
  const faulty = new Set<Node>()
  const say = (at: Node, finding: Parameters<typeof report>[2]) => {
    faulty.add(at)
    report(diagnostics, at.span, finding)
  }
  const read = (at: Node, held: Schema | undefined, called: string): HclValue | undefined => {
    const { content } = at
    if (content.kind === 'scalar')
      return held === undefined || typeof content.value !== 'string' ? content.value : text(at, held, called)
    const within = held && chosen(held, at)
    if (content.kind === 'list')
      return content.items.map((item) => read(item, within && member(within, ''), called) ?? null)
    if (content.kind === 'map') {
      const object: HclObject = {}
      for (const [key, child] of content.entries) {
        const inner = within && member(within, key)
        if (isNull(child) && isLeftOut(within, inner)) continue
        const value = read(child, inner, key)
        if (value !== undefined) setKey(object, key, value)
      }
      return object
    }
    faulty.add(at)
    if (content.kind === 'late')
      report(diagnostics, at.span, {
        message: 'this value is known at run time only',
        expected: 'a value known at the start',
      })
    return undefined
  }
  const text = (at: Node, held: Schema, called: string): string => {
    const given = (at.content as { readonly value: string }).value
    const { path: kind } = traitsOf(pathIn(held))
    if (kind === undefined || given === '') return given
    const path = resolve(folderOf(at.span), given)
    if (kind === 'file' && !isReadableFile(path))
      say(at, {
        message: `wrong value for "${called}"`,
        expected: 'the path of a file that can be read',
        found: describeNode({ ...at, secret: at.secret || holdsKey(given) }),
        hint: holdsKey(given)
          ? 'this is what such a file holds: write it to a file, and its path here'
          : 'it is relative to the file that names it',
      })
    return path
  }
  return { value: read(node, schema, name), faulty }
}

/** Whether a node is `null`, which is how a configuration leaves out an attribute. */
export function isNull({ content }: Node): boolean {
  return content.kind === 'scalar' && content.value === null
}

/** `null` leaves out an attribute of a block, unless its schema has a use for it. */
function isLeftOut(block: Schema | undefined, attribute: Schema | undefined): boolean {
  return block instanceof z.ZodObject && attribute !== undefined && !safeParse(attribute, null).success
}

/** Of a path or a list of paths the schema of one. */
function pathIn(schema: Schema): Schema {
  const at = chosen(schema, undefined)
  return at instanceof z.ZodUnion ? (at.options[0] as Schema) : schema
}

function isReadableFile(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
