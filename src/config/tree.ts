import { isSecretName } from '../core/secret-name.js'
import { type Diagnostic, Diagnostics } from './hcl/diagnostics.js'
import {
  type Block,
  type Body,
  type Deferred,
  type Expression,
  evaluate,
  type HclValue,
  isLate,
  isObject,
  isSensitive,
  type Reference,
  report,
  type Scope,
  type Span,
} from './hcl/index.js'
import { lateText } from './late-text.js'
import { type LateUse, lateUses } from './late-uses.js'
import type { Names } from './names.js'
import type { Node } from './node.js'
import { isAuthType, isSecretWithin } from './secrets.js'
import { lineOf } from './spans.js'

/** Blocks that may be repeated within a block; several become a list. */
const REPEATED: ReadonlySet<string> = new Set(['transform'])

/** Evaluates blocks and expressions into nodes. Errors go to the diagnostics and leave invalid nodes. */
export class Tree {
  readonly #scope: Scope
  readonly #diagnostics: Diagnostics
  readonly #names: Names | undefined

  /** @param names the blocks that expressions may name; without it their names are not checked */
  constructor(scope: Scope, diagnostics: Diagnostics, names?: Names) {
    this.#scope = scope
    this.#diagnostics = diagnostics
    this.#names = names
  }

  /** Evaluates a block into a map of its attributes and blocks. */
  block(block: Block, secret = false): Node {
    const span = block.labels.at(-1)?.span ?? block.typeSpan
    const whole = { ...block.typeSpan, end: span.end }
    return {
      content: { kind: 'map', entries: this.#entries(block.body, secret) },
      span: whole,
      nameSpan: block.typeSpan,
      secret,
    }
  }

  #entries(body: Body, secret: boolean): ReadonlyMap<string, Node> {
    const entries = new Map<string, Node>()
    for (const item of body.items) {
      const name = item.kind === 'attribute' ? item.name : item.type
      const nameSpan = item.kind === 'attribute' ? item.nameSpan : item.typeSpan
      if (item.kind === 'block' && REPEATED.has(name)) {
        this.#repeated(item, entries, secret)
        continue
      }
      if (this.#isSet(name, nameSpan, entries)) continue
      const hidden = isSecretWithin(name, secret)
      entries.set(
        name,
        item.kind === 'attribute'
          ? this.#attribute(name, item.expression, nameSpan, hidden, secret)
          : this.#nested(item, hidden),
      )
    }
    return entries
  }

  /** Adds a block to those of the same type. */
  #repeated(block: Block, entries: Map<string, Node>, secret: boolean): void {
    const node = this.#nested(block, secret)
    const first = entries.get(block.type)
    if (first === undefined) entries.set(block.type, node)
    else {
      const others = first.content.kind === 'list' ? first.content.items : [first]
      entries.set(block.type, { ...first, content: { kind: 'list', items: [...others, node] } })
    }
  }

  #nested(block: Block, secret: boolean): Node {
    const label = block.labels[0]
    if (label !== undefined)
      report(this.#diagnostics, label.span, {
        message: `the block "${block.type}" takes no label here`,
        hint: 'remove it',
      })
    return this.block(block, secret)
  }

  /** @param within whether the value is inside something secret, such as an `auth` block */
  #attribute(name: string, expression: Expression, nameSpan: Span, hidden: boolean, within: boolean): Node {
    const node = this.expression(expression, nameSpan, hidden)
    const isType =
      within && name === 'type' && node.content.kind === 'scalar' && isAuthType(node.content.value)
    return isType ? { ...node, secret: false } : node
  }

  /** Evaluates an expression. Written-out elements and members keep their own places. */
  expression(expression: Expression, nameSpan: Span, secret: boolean): Node {
    if (expression.kind === 'parentheses') return this.expression(expression.expression, nameSpan, secret)
    const { span } = expression
    if (expression.kind === 'tuple') {
      const items = expression.items.map((item) => this.expression(item, item.span, secret))
      return { content: { kind: 'list', items }, span, nameSpan, secret }
    }
    if (expression.kind === 'object') return this.#object(expression, nameSpan, secret)
    const hidden = secret || isSensitive(expression, this.#scope)
    const value = this.#value(expression, secret)
    const node = this.#nodeOf(value, span, nameSpan, hidden)
    if (node.content.kind !== 'late') return node
    const template = lateText(expression, node.content.value, this.#scope)
    return template === undefined ? node : { ...node, content: { ...node.content, template } }
  }

  #object(expression: Expression & { kind: 'object' }, nameSpan: Span, secret: boolean): Node {
    const entries = new Map<string, Node>()
    for (const { key, value } of expression.items) {
      const given = evaluate(key, this.#scope, this.#diagnostics)
      if (typeof given !== 'string' && typeof given !== 'number') {
        if (given !== undefined)
          report(this.#diagnostics, key.span, {
            message: 'wrong type of key',
            expected: 'a string or a number',
          })
        continue
      }
      const name = String(given)
      if (this.#isSet(name, key.span, entries)) continue
      entries.set(name, this.#attribute(name, value, key.span, isSecretWithin(name, secret), secret))
    }
    return { content: { kind: 'map', entries }, span: expression.span, nameSpan, secret }
  }

  /** Reports a name that is set a second time. @returns whether it is */
  #isSet(name: string, span: Span, entries: ReadonlyMap<string, Node>): boolean {
    const first = entries.get(name)
    if (first === undefined) return false
    report(this.#diagnostics, span, {
      message: `"${name}" is already set on line ${lineOf(first.nameSpan)}`,
      hint: 'it can be set once; remove one of them',
    })
    return true
  }

  #value(expression: Expression, secret: boolean): HclValue | undefined {
    if (!secret) return evaluate(expression, this.#scope, this.#diagnostics)
    // A secret without quotes looks like a name, so that the message must not repeat it.
    if (expression.kind === 'variable') {
      report(this.#diagnostics, expression.span, { message: 'expected a string in double quotes' })
      return undefined
    }
    const found = new Diagnostics()
    const value = evaluate(expression, this.#scope, found)
    for (const { found: _, ...rest } of found.items) this.#diagnostics.add(withoutUnknownName(rest))
    return value
  }

  /** Makes the node of a computed value, whose parts share one place. */
  #nodeOf(value: HclValue | undefined, span: Span, nameSpan: Span, secret: boolean): Node {
    const inner = (item: HclValue, hidden = secret) => this.#nodeOf(item, span, nameSpan, hidden)
    if (value === undefined) return { content: { kind: 'faulty' }, span, nameSpan, secret }
    if (isLate(value)) return this.#late(value, span, nameSpan, secret)
    if (Array.isArray(value))
      return { content: { kind: 'list', items: value.map((item) => inner(item)) }, span, nameSpan, secret }
    if (!isObject(value)) return { content: { kind: 'scalar', value }, span, nameSpan, secret }
    const entries = new Map(
      Object.entries(value).map(([key, item]) => [key, inner(item, secret || isSecretName(key))]),
    )
    return { content: { kind: 'map', entries }, span, nameSpan, secret }
  }

  /** Makes the node of a value that is known at run time. Reports names of blocks that do not exist. */
  #late(value: Reference | Deferred, span: Span, nameSpan: Span, secret: boolean): Node {
    const uses = lateUses(value, this.#scope).map((use) => this.#named(use))
    const content = uses.every((use) => use !== undefined)
      ? ({ kind: 'late', value, uses } as const)
      : ({ kind: 'faulty' } as const)
    return { content, span, nameSpan, secret }
  }

  /** Finds the block that a name means. @returns `undefined` if there is none, which is reported */
  #named(use: LateUse): LateUse | undefined {
    const { root, path, span } = use
    const names = this.#names
    if (names === undefined || !names.isKind(root)) return use
    const name = names.find(root, path)
    if (name !== undefined) return { ...use, name }
    if (path.length > 0) names.unknown(root, path[0]!, span, this.#diagnostics)
    else
      report(this.#diagnostics, span, {
        message: `"${root}" needs the name of a block`,
        expected: `${root}.NAME`,
      })
    return undefined
  }
}

/** Removes an unknown name from a message, because it may be a secret without quotes. */
function withoutUnknownName(diagnostic: Diagnostic): Diagnostic {
  return diagnostic.message.startsWith('unknown name')
    ? { ...diagnostic, message: 'unknown name' }
    : diagnostic
}
