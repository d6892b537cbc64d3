import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { safeParse } from 'zod/v4/core'
import type { Diagnostics } from '../hcl/diagnostics.js'
import { report, setKey } from '../hcl/index.js'
import { escapeTemplate } from '../late-text.js'
import { describeNode, type Node } from '../node.js'
import { holdsKey } from '../secrets.js'
import { folderOf } from '../spans.js'
import { expectedName, nameIn, readLate } from './late.js'
import { chosen, member } from './schema-at.js'
import { type Schema, type Traits, traitsOf } from './traits.js'

/** The input of a schema, and the nodes with an error reported on the way. */
export interface Input {
  readonly value: unknown
  readonly faulty: ReadonlySet<Node>
}

/**
 * Converts a node into the input of its schema. Paths become absolute, and a null attribute of a block counts as
 * absent.
 */
export function inputOf(schema: Schema, node: Node, name: string, diagnostics: Diagnostics): Input {
  const faulty = new Set<Node>()
  const say = (at: Node, finding: Parameters<typeof report>[2]) => {
    faulty.add(at)
    report(diagnostics, at.span, finding)
  }
  const read = (at: Node, held: Schema | undefined, called: string): unknown => {
    const { content } = at
    const { late, refers, isTemplate } = held === undefined ? NO_TRAITS : traitsOf(held)
    if (isTemplate === true && content.kind === 'late' && content.template !== undefined)
      return content.template
    if (late !== undefined && !isBlock(held!, at)) return readLate(at, late, faulty, diagnostics)
    if (content.kind === 'scalar')
      return held === undefined || typeof content.value !== 'string' ? content.value : text(at, held, called)
    const within = held && chosen(held, at)
    if (content.kind === 'list')
      return content.items.map((item) => read(item, within && member(within, ''), called) ?? null)
    if (content.kind === 'map') {
      const object: Record<string, unknown> = {}
      for (const [key, child] of content.entries) {
        const inner = within && member(within, key)
        if (isNull(child) && isLeftOut(within, inner)) continue
        const value = read(child, inner, key)
        if (value !== undefined) setKey(object, key, value)
      }
      return object
    }
    faulty.add(at)
    if (content.kind === 'faulty') return undefined
    const name = refers === undefined ? undefined : nameIn(content.value, refers)
    if (name !== undefined) faulty.delete(at)
    else if (refers !== undefined)
      report(diagnostics, at.span, {
        message: `wrong value for "${called}"`,
        expected: expectedName(refers),
      })
    else report(diagnostics, at.span, isTemplate === true ? NOT_A_TEMPLATE : NOT_KNOWN)
    return name
  }
  const text = (at: Node, held: Schema, called: string): string => {
    const given = (at.content as { readonly value: string }).value
    const { path: kind, isReread, refers, isTemplate } = traitsOf(pathIn(held))
    if (isTemplate === true) return escapeTemplate(given)
    if (refers !== undefined && given.startsWith(`${refers}.`)) return given.slice(refers.length + 1)
    if (kind === undefined || given === '') return given
    const path = resolve(folderOf(at.span), given)
    if (kind === 'file') at.span.source.noteFile(path, isReread)
    if (kind === 'file' && !isReadableFile(path))
      say(at, {
        message: `wrong value for "${called}"`,
        expected: 'the path of a file that can be read',
        found: describeNode({ ...at, secret: at.secret || holdsKey(given) }),
        hint: holdsKey(given)
          ? 'this is the content of a key file: write it to a file and set its path here'
          : 'paths are relative to the configuration file',
      })
    return path
  }
  return { value: read(node, schema, name), faulty }
}

const NO_TRAITS: Traits = {}
const NOT_KNOWN = { message: 'this value is known only at run time', expected: 'a value known at the start' }
const NOT_A_TEMPLATE = {
  message: 'only paths into the message may be used here',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of HCL
  expected: 'text with sequences such as ${message.topic} and ${message.payload.id}',
}

/** Tells whether a node is a block where the schema also takes an expression. */
function isBlock(schema: Schema, node: Node): boolean {
  return node.content.kind === 'map' && chosen(schema, node) instanceof z.ZodObject
}

/** Tells whether a node is `null`, with which a configuration omits an attribute. */
export function isNull({ content }: Node): boolean {
  return content.kind === 'scalar' && content.value === null
}

/** Tells whether `null` omits an attribute of a block; it does not if the schema accepts null. */
function isLeftOut(block: Schema | undefined, attribute: Schema | undefined): boolean {
  return block instanceof z.ZodObject && attribute !== undefined && !safeParse(attribute, null).success
}

/** Returns the schema of a single path, also for a list of paths. */
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
