import { z } from 'zod'
import { withoutUserInfo } from '../../core/user-info.js'
import { type Diagnostics, didYouMean } from '../hcl/diagnostics.js'
import { type Finding, report, type Span } from '../hcl/index.js'
import { describeNode, type Node, nodeAt } from '../node.js'
import { expectation, ownWords, quoteAll } from './expectation.js'
import type { Fault } from './fault.js'
import { isNull } from './input.js'
import { chosen, discriminators, namesOf, schemaAt } from './schema-at.js'
import { bare, type Schema, traitsOf, wordsOf } from './traits.js'

type Issue = z.core.$ZodIssue
type Path = readonly PropertyKey[]

/** A value that was checked against a schema. */
export interface Read {
  readonly schema: Schema
  readonly node: Node
  /** Name as an attribute. */
  readonly name: string
  /** Name as a block in messages: `the block "retry"`. */
  readonly title: string
  /** Nodes with a reported error. */
  readonly faulty: ReadonlySet<Node>
  readonly diagnostics: Diagnostics
}

/** Reports an issue of a schema at its place. */
export function explain(read: Read, issue: Issue, within: Path = []): void {
  const path = [...within, ...issue.path]
  const node = nodeAt(read.node, path)
  const say = (span: Span, finding: Finding) => report(read.diagnostics, span, finding)
  if (node !== undefined && read.faulty.has(node)) return
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) unknownName(read, path, key)
    return
  }
  if (node === undefined || (isNull(node) && isOfBlock(read, path))) return missing(read, path)
  if (issue.code === 'custom' && issue.params?.finding !== undefined) {
    const { finding, at } = issue.params as Fault
    // An invalid value looks missing to a check, so that it is not reported again.
    if ([path, path.slice(0, -1)].some((holder) => hasFaulty(read, holder))) return
    return say(at === 'name' && path.length > 0 ? node.nameSpan : node.span, finding)
  }
  const schema = schemaAt(read.schema, path, read.node)
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && schema !== undefined) {
    const branch = branchFor(schema, node)
    if (branch >= 0) {
      for (const inner of issue.errors[branch]!) explain(read, inner, path)
      return
    }
  }
  const name = nameAt(read, path)
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? ''
    const expected = ownWords(message)
    return say(node.nameSpan, {
      message: `wrong name "${name}"`,
      ...(expected === undefined ? { hint: message } : { expected }),
    })
  }
  const expected = ownWords(issue.message)
  // A custom message may repeat the value.
  const says =
    issue.code === 'custom' && expected === undefined ? issue.message.replace(/^is /u, 'it is ') : undefined
  const hint =
    (issue.code === 'custom' ? issue.params?.hint : undefined) ??
    near(read, path) ??
    (node.secret ? undefined : says)
  say(node.span, {
    message: `wrong value for "${name}"`,
    ...(says === undefined && { expected: expected ?? expectationAt(read, path, issue) }),
    found: describeNode(node),
    ...(hint !== undefined && { hint }),
  })
}

/** Reports an unknown attribute of a block. */
export function unknownName(read: Read, path: Path, key: string): void {
  const span = nodeAt(read.node, [...path, key])?.nameSpan
  const holder = schemaAt(read.schema, path, read.node)
  if (span === undefined || holder === undefined) return
  const known = namesOf(chosen(holder, nodeAt(read.node, path)))
  const meant = didYouMean(key, known)
  report(read.diagnostics, span, {
    message: `${titleAt(read, path)} has no "${withoutUserInfo(key)}"`,
    expected: `one of ${known.join(', ')}`,
    ...(meant !== undefined && { hint: `did you mean "${meant}"?` }),
  })
}

function missing(read: Read, path: Path): void {
  const holder = nodeAt(read.node, path.slice(0, -1))
  const schema = schemaAt(read.schema, path, read.node)
  const example = schema && traitsOf(schema).example
  report(read.diagnostics, (holder ?? read.node).span, {
    message: `${titleAt(read, path.slice(0, -1))} needs "${String(path.at(-1))}"`,
    ...(example !== undefined && bare(schema!)._zod.def.type === 'object' && { hint: example }),
  })
}

/** Returns the option of a union whose kind the node has; -1 if none or several match. */
function branchFor(schema: Schema, node: Node): number {
  const at = bare(schema) as z.ZodUnion
  const found = chosen(at, node)
  return at.options.findIndex((option) => chosen(option as Schema, node) === found)
}

function hasFaulty(read: Read, path: Path): boolean {
  const content = nodeAt(read.node, path)?.content
  return content?.kind === 'map' && [...content.entries.values()].some((child) => read.faulty.has(child))
}

/** Tells whether a path leads to an attribute of a block, which `null` omits. */
function isOfBlock(read: Read, path: Path): boolean {
  const holder = schemaAt(read.schema, path.slice(0, -1), read.node)
  const block = holder && chosen(holder, nodeAt(read.node, path.slice(0, -1)))
  return path.length > 0 && (block instanceof z.ZodObject || discriminators(block) !== undefined)
}

/** Suggests a similar word, or names a value of a later version. */
function near(read: Read, path: Path): string | undefined {
  const content = nodeAt(read.node, path)?.content
  if (content?.kind !== 'scalar' || typeof content.value !== 'string') return undefined
  const holder = schemaAt(read.schema, path.slice(0, -1), read.node)
  const later = holder && traitsOf(holder).notYet?.[content.value]
  if (later !== undefined) return `${later} is not implemented`
  const schema = schemaAt(read.schema, path, read.node)
  const words = (schema && wordsOf(schema)) ?? discriminators(holder) ?? []
  const meant = didYouMean(content.value, words.map(String))
  return meant && `did you mean "${meant}"?`
}

function expectationAt(read: Read, path: Path, issue: Issue): string {
  if (issue.code === 'invalid_format') return `a string of the format ${issue.pattern ?? issue.format}`
  const schema = schemaAt(read.schema, path, read.node)
  if (schema !== undefined) {
    const node = nodeAt(read.node, path)
    return expectation(node?.content.kind === 'list' ? chosen(schema, node) : schema)
  }
  const types = discriminators(schemaAt(read.schema, path.slice(0, -1), read.node))
  return types === undefined ? 'another value' : quoteAll(types)
}

/** Returns the attribute that a path leads to. Elements of a list have its name. */
function nameAt(read: Read, path: Path): string {
  return String([read.name, ...path].findLast((step) => typeof step === 'string'))
}

function titleAt(read: Read, path: Path): string {
  return path.length === 0 ? read.title : `the block "${nameAt(read, path)}"`
}
