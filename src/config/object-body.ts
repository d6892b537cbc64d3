import type { Diagnostics } from './hcl/diagnostics.js'
import {
  type Attribute,
  type Block,
  type Body,
  type Expression,
  parseExpression,
  report,
  Source,
  type Span,
} from './hcl/index.js'
import { isTemplate, quoted } from './hcl/template-text.js'
import { pathName } from './spans.js'

/** Blocks that an object keys by their label. */
const KEYED: Readonly<Record<string, string>> = {
  variables: 'variable',
  integrations: 'integration',
  supervisors: 'supervisor',
  brokers: 'broker',
  actions: 'action',
  routes: 'route',
  servers: 'server',
  scripts: 'script',
  data: 'data',
  on: 'on',
}
const SINGLE = ['locals', 'observability']
const DEEPEST = 64

/** Converts an object into the body that a file of the same content would have, so that one schema reads both. */
export function bodyOfObject(source: unknown, diagnostics: Diagnostics): Body {
  const items: (Attribute | Block)[] = []
  if (!isPlain(source)) {
    report(diagnostics, spanAt(''), {
      message: 'the configuration must be a path or an object',
      expected: 'the path of a file or folder, or an object with "integrations"',
      found: nameOf(source),
    })
    return makeBody('', items)
  }
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined) continue
    const type = KEYED[name]
    if (type !== undefined && isPlain(value))
      for (const [label, content] of Object.entries(value))
        if (content !== undefined) items.push(block(type, label, content, `${name}.${label}`, diagnostics))
    if (type !== undefined && isPlain(value)) continue
    if (SINGLE.includes(name)) items.push(block(name, undefined, value, name, diagnostics))
    else if (type !== undefined) expectedObject(name, value, diagnostics)
    else items.push(attribute(name, value, name, diagnostics, 0))
  }
  return makeBody('', items)
}

function block(
  type: string,
  label: string | undefined,
  content: unknown,
  path: string,
  diagnostics: Diagnostics,
): Block {
  const span = spanAt(path)
  const items: Attribute[] = []
  if (isPlain(content)) {
    for (const [name, value] of Object.entries(content))
      if (value !== undefined) items.push(attribute(name, value, `${path}.${name}`, diagnostics, 0))
  } else expectedObject(path, content, diagnostics)
  const labels = label === undefined ? [] : [{ value: label, span }]
  return { kind: 'block', type, typeSpan: span, labels, body: makeBody(path, items), span }
}

function makeBody(path: string, items: (Attribute | Block)[]): Body {
  return {
    kind: 'body',
    items,
    attributes: items.filter((item) => item.kind === 'attribute'),
    blocks: items.filter((item) => item.kind === 'block'),
    span: spanAt(path),
  }
}

function attribute(
  name: string,
  value: unknown,
  path: string,
  diagnostics: Diagnostics,
  depth: number,
): Attribute {
  const span = spanAt(path)
  return {
    kind: 'attribute',
    name,
    nameSpan: span,
    span,
    expression: expressionOf(value, path, diagnostics, depth),
  }
}

/** Converts a value into an expression. Strings are templates. */
function expressionOf(value: unknown, path: string, diagnostics: Diagnostics, depth = 0): Expression {
  const span = spanAt(path)
  if (typeof value === 'string' && isTemplate(value))
    return parseExpression(quoted(value), pathName(path), diagnostics)
  if (isScalar(value)) return { kind: 'literal', value, span }
  if (depth < DEEPEST && Array.isArray(value)) {
    const items = value.map((item: unknown, index) =>
      expressionOf(item ?? null, `${path}[${index}]`, diagnostics, depth + 1),
    )
    return { kind: 'tuple', items, span }
  }
  if (depth < DEEPEST && isPlain(value)) {
    const items = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => {
        const place = `${path}.${key}`
        return {
          key: { kind: 'literal', value: key, span: spanAt(place) } as const,
          value: expressionOf(item, place, diagnostics, depth + 1),
        }
      })
    return { kind: 'object', items, span }
  }
  report(diagnostics, span, {
    message: 'this value cannot be part of a configuration',
    expected: 'text, a finite number, true, false, null, a list or a plain object',
    found: depth < DEEPEST ? nameOf(value) : `more than ${DEEPEST} levels`,
  })
  return { kind: 'invalid', span }
}

function isScalar(value: unknown): value is null | boolean | number | string {
  if (typeof value === 'number') return Number.isFinite(value)
  return value === null || typeof value === 'boolean' || typeof value === 'string'
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}

function expectedObject(path: string, value: unknown, diagnostics: Diagnostics): void {
  report(diagnostics, spanAt(path), { message: 'wrong value', expected: 'an object', found: nameOf(value) })
}

function spanAt(path: string): Span {
  return { source: new Source(pathName(path), ''), start: 0, end: 0 }
}

/** Names the type of a value without showing the value. */
function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object') return typeof value === 'undefined' ? 'nothing' : `a ${typeof value}`
  return isPlain(value) ? 'an object' : `an object of class ${value.constructor?.name ?? 'unknown'}`
}
