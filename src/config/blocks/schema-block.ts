import type { ZodType, z } from 'zod'
import type { Value } from '../../core/value.js'
import { type Diagnostics, didYouMean } from '../diagnostics.js'
import { type HclValue, report, type Span } from '../hcl/index.js'
import { describeNode, type Node, nodeAt, plainValue } from '../node.js'
import { withoutUserInfo } from '../secrets.js'
import { knownKeys } from './known-keys.js'
import { expectation } from './schema-issue.js'

type Issue = z.core.$ZodIssue
type Checked = { readonly [key: string]: Value }

/**
 * Checks a block with the schema of a manifest.
 * @param node the block; undefined when it is not there, and the schema decides what may be left out
 * @param owner where to point when something is missing altogether
 * @returns what the schema made of it; an empty object after a fault
 */
export function checkBySchema(
  schema: ZodType,
  node: Node | undefined,
  owner: { readonly span: Span; readonly title: string },
  diagnostics: Diagnostics,
): Checked {
  if (node !== undefined && node.content.kind !== 'map') {
    if (node.content.kind !== 'faulty')
      report(diagnostics, node.span, {
        message: `${owner.title} is no block`,
        expected: 'a block',
        found: describeNode(node),
      })
    return {}
  }
  if (node !== undefined) refuseLate(node, diagnostics)
  const value = node === undefined ? {} : (plainValue(node) as Record<string, HclValue>)
  const result = parse(schema, value)
  if (result.success) return result.data as Checked
  for (const issue of result.error.issues) explain(schema, issue, node, owner, diagnostics)
  return {}
}

/** Parses, and once more with texts as the numbers or booleans they are where the schema wanted one: what comes from the environment is text. */
function parse(schema: ZodType, value: Record<string, HclValue>) {
  const first = schema.safeParse(value)
  if (first.success) return first
  const converted = structuredClone(value)
  let changed = false
  for (const { code, path } of first.error.issues) {
    if (code !== 'invalid_type' && code !== 'invalid_union' && code !== 'invalid_value') continue
    changed = convertAt(converted, path) || changed
  }
  if (!changed) return first
  const second = schema.safeParse(converted)
  return second.success ? second : first
}

function convertAt(root: Record<string, HclValue>, path: readonly PropertyKey[]): boolean {
  const last = path.at(-1) as string
  let holder: unknown = root
  for (const step of path.slice(0, -1)) holder = (holder as Record<PropertyKey, unknown> | undefined)?.[step]
  const text = (holder as Record<string, unknown> | undefined)?.[last]
  if (typeof text !== 'string') return false
  const converted =
    text === 'true' ? true : text === 'false' ? false : text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isNaN(converted)) return false
  ;(holder as Record<string, unknown>)[last] = converted
  return true
}

function explain(
  schema: ZodType,
  issue: Issue,
  block: Node | undefined,
  owner: { readonly span: Span; readonly title: string },
  diagnostics: Diagnostics,
): void {
  const node = block && nodeAt(block, issue.path)
  const name = String(issue.path.at(-1) ?? '')
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) unknownKey(schema, issue.path, key, node, owner.title, diagnostics)
    return
  }
  if (node === undefined) {
    const parent = block && nodeAt(block, issue.path.slice(0, -1))
    report(diagnostics, parent?.span ?? owner.span, {
      message: `${owner.title} needs "${issue.path.join('.')}"`,
      expected: expectation(issue),
    })
    return
  }
  // What stands here has been reported already, and is missing for the schema because of that.
  if (node.content.kind === 'faulty' || node.content.kind === 'late') return
  if (issue.code === 'invalid_key') {
    const [inner] = issue.issues
    report(diagnostics, node.nameSpan, {
      message: `wrong name "${name}"`,
      ...(inner?.code === 'custom' && !inner.message.startsWith('expected ')
        ? { hint: inner.message }
        : { expected: inner === undefined ? 'another name' : expectation(inner) }),
    })
    return
  }
  // What a schema says in its own words may repeat the value.
  const says = issue.code === 'custom' && !/^expected /u.test(issue.message) ? issue.message : undefined
  report(diagnostics, node.span, {
    message: `wrong value for "${name}"`,
    ...(says === undefined ? { expected: expectation(issue) } : {}),
    found: describeNode(node),
    ...(says === undefined || node.secret ? {} : { hint: says.replace(/^is /u, 'it is ') }),
  })
}

function unknownKey(
  schema: ZodType,
  path: readonly PropertyKey[],
  key: string,
  holder: Node | undefined,
  title: string,
  diagnostics: Diagnostics,
): void {
  const known = knownKeys(schema, path)
  const near = didYouMean(key, known)
  const span = holder && nodeAt(holder, [key])?.nameSpan
  if (span === undefined) return
  report(diagnostics, span, {
    message: `${path.length === 0 ? title : `"${path.join('.')}"`} has no "${withoutUserInfo(key)}"`,
    expected: `one of ${known.join(', ')}`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  })
}

function refuseLate(node: Node, diagnostics: Diagnostics): void {
  const { content } = node
  if (content.kind === 'list') for (const item of content.items) refuseLate(item, diagnostics)
  else if (content.kind === 'map') for (const item of content.entries.values()) refuseLate(item, diagnostics)
  else if (content.kind === 'late')
    report(diagnostics, node.span, {
      message: 'this value is known at run time only',
      expected: 'a value known at the start',
    })
}
