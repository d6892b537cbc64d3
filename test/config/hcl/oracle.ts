import { parse } from '@cdktn/hcl2json'
import { type Body, type Expression, textOf } from '../../../src/config/hcl/index.js'

/** What HashiCorp's own parser makes of a text: its JSON, or the line of its first error. The JSON is undefined if the text is well formed but faulty. */
export async function oracle(text: string): Promise<{ json: unknown } | { line: number; message: string }> {
  try {
    return { json: await parse('test.tf', text) }
  } catch (error) {
    const { message } = error as Error
    // It evaluates what it can; what that says is not about the syntax.
    if (!message.startsWith('parse config:')) return { json: undefined }
    // It reports an argument that is set twice after everything inside of later blocks.
    const lines = [...message.matchAll(/test\.tf:(\d+),[\d,-]+: /g)].map((match) => Number(match[1]))
    return { line: Math.min(...lines), message }
  }
}

/** What the oracle turns into a text of its own making, so that the texts cannot be compared. */
export const REWRITTEN = '(a template)'

/** The JSON that the oracle makes of a body, as far as it can be foretold. */
export function toOracleJson(body: Body): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const { name, expression } of body.attributes) json[name] = toJson(expression)
  for (const { type, labels, body: inside } of body.blocks) {
    let level = json
    for (const key of [type, ...labels.map((label) => label.value)].slice(0, -1)) {
      level[key] ??= {}
      level = level[key] as Record<string, unknown>
    }
    const last = labels.at(-1)?.value ?? type
    level[last] ??= []
    ;(level[last] as unknown[]).push(toOracleJson(inside))
  }
  return json
}

function toJson(node: Expression): unknown {
  switch (node.kind) {
    case 'literal':
      return typeof node.value === 'string' ? escaped(node.value) : node.value
    case 'template':
      return REWRITTEN
    case 'tuple':
      return node.items.map(toJson)
    case 'object':
      return Object.fromEntries(node.items.map((item) => [toKey(item.key), toJson(item.value)]))
    case 'unary': {
      const { operator, operand } = node
      if (operand.kind === 'literal') {
        if (operator === '-' && typeof operand.value === 'number') return 0 - operand.value
        if (operator === '!' && typeof operand.value === 'boolean') return !operand.value
      }
      return source(node)
    }
    default:
      return source(node)
  }
}

function toKey(node: Expression): string {
  if (node.kind === 'literal')
    return typeof node.value === 'string' ? escaped(node.value) : String(node.value)
  return node.kind === 'template' ? REWRITTEN : source(node)
}

const source = (node: Expression) => `\${${textOf(node.span)}}`

function escaped(text: string): string {
  return text.replace(/\$\{/g, () => '$${').replace(/%\{/g, () => '%%{')
}

/** The same JSON with what stands where ours has a rewritten text replaced, so that the rest can be compared. */
export function forget(theirs: unknown, ours: unknown): unknown {
  if (ours === REWRITTEN) return REWRITTEN
  if (Array.isArray(theirs) && Array.isArray(ours))
    return theirs.map((item, index) => forget(item, ours[index]))
  if (typeof theirs !== 'object' || typeof ours !== 'object' || theirs === null || ours === null)
    return theirs
  // Whoever has a key that is a template has other keys than we foretell.
  if (REWRITTEN in ours) return ours
  return Object.fromEntries(
    Object.entries(theirs).map(([key, item]) => [key, forget(item, (ours as Record<string, unknown>)[key])]),
  )
}
