import { ATTRIBUTES } from './block-kinds.js'
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

/** Blocks that an object keys by their label, by the attribute. */
const KEYED = new Map<string, string>(
  Object.entries(ATTRIBUTES).map(([type, attribute]) => [attribute, type]),
)
const SINGLE = ['locals', 'observability']
const DEEPEST = 64

/** Converts an object into the body that a file of the same content would have, so that one schema reads both. */
export function bodyOfObject(source: unknown, diagnostics: Diagnostics): Body {
  if (isPlain(source)) return bodyOf('', new Converter(diagnostics).top(source))
  report(diagnostics, spanAt(''), {
    message: 'the configuration must be a path or an object',
    expected: 'the path of a file or folder, or an object with "integrations"',
    found: nameOf(source),
  })
  return bodyOf('', [])
}

class Converter {
  readonly #diagnostics: Diagnostics

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics
  }

  top(source: object): (Attribute | Block)[] {
    return members(source).flatMap(([name, value]) => {
      const type = KEYED.get(name)
      if (type !== undefined)
        return this.#members(name, value).flatMap(([label, content]) =>
          this.#blocks(type, pathOf(name, label), content, label),
        )
      return [SINGLE.includes(name) ? this.#block(name, name, value) : this.#attribute(name, value, name)]
    })
  }

  /** Several blocks with the same label are a list. */
  #blocks(type: string, path: string, content: unknown, label: string): Block[] {
    if (type !== 'on' || !Array.isArray(content)) return [this.#block(type, path, content, label)]
    return content.map((each: unknown, index) => this.#block(type, `${path}[${index}]`, each, label))
  }

  #block(type: string, path: string, content: unknown, label?: string): Block {
    const span = spanAt(path)
    const items = this.#members(path, content).map(([name, value]) =>
      this.#attribute(name, value, `${path}.${name}`),
    )
    const labels = label === undefined ? [] : [{ value: label, span }]
    return { kind: 'block', type, typeSpan: span, labels, body: bodyOf(path, items), span }
  }

  #attribute(name: string, value: unknown, path: string): Attribute {
    const span = spanAt(path)
    return { kind: 'attribute', name, nameSpan: span, span, expression: this.#expression(value, path, 0) }
  }

  /** Strings are templates. */
  #expression(value: unknown, path: string, depth: number): Expression {
    const span = spanAt(path)
    if (typeof value === 'string' && isTemplate(value))
      return parseExpression(quoted(value), pathName(path), this.#diagnostics)
    if (isScalar(value)) return { kind: 'literal', value, span }
    if (depth < DEEPEST && Array.isArray(value)) {
      const items = value.map((item: unknown, index) =>
        this.#expression(item ?? null, `${path}[${index}]`, depth + 1),
      )
      return { kind: 'tuple', items, span }
    }
    if (depth < DEEPEST && isPlain(value)) {
      const items = members(value).map(([name, item]) => {
        const key = { kind: 'literal', value: name, span: spanAt(`${path}.${name}`) } as const
        return { key, value: this.#expression(item, `${path}.${name}`, depth + 1) }
      })
      return { kind: 'object', items, span }
    }
    report(this.#diagnostics, span, {
      message: 'this value cannot be part of a configuration',
      expected: 'text, a finite number, true, false, null, a list or a plain object',
      found: depth < DEEPEST ? nameOf(value) : `more than ${DEEPEST} levels`,
    })
    return { kind: 'invalid', span }
  }

  /** The members of what must be an object. */
  #members(path: string, value: unknown): [string, unknown][] {
    if (isPlain(value)) return members(value)
    report(this.#diagnostics, spanAt(path), {
      message: 'wrong value',
      expected: 'an object',
      found: nameOf(value),
    })
    return []
  }
}

/** The path of a block; the label of an `on` block is a path itself. */
function pathOf(name: string, label: string): string {
  return name === 'on' ? `${name}[${JSON.stringify(label)}]` : `${name}.${label}`
}

function members(object: object): [string, unknown][] {
  return Object.entries(object).filter(([, value]) => value !== undefined)
}

function bodyOf(path: string, items: (Attribute | Block)[]): Body {
  return {
    kind: 'body',
    items,
    attributes: items.filter((item) => item.kind === 'attribute'),
    blocks: items.filter((item) => item.kind === 'block'),
    span: spanAt(path),
  }
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
