import type { Diagnostics } from './diagnostics.js'
import { didYouMean } from './diagnostics.js'
import { type Finding, report, type Span } from './hcl/index.js'
import type { Kind } from './kinds.js'
import { describeNode, type Node } from './node.js'
import { withoutUserInfo } from './secrets.js'

type Name<T> = keyof T & string

/**
 * Reads a block whose attributes are those of `T`: what is asked for is checked, and `done` reports the rest.
 * Nothing throws; a fault is in the diagnostics, and the reading goes on.
 */
export class Section<T> {
  readonly diagnostics: Diagnostics
  readonly span: Span
  readonly #title: string
  readonly #entries: ReadonlyMap<string, Node>
  readonly #known = new Set<string>()

  /** @param title how the block is called in messages: `the block "retry"` */
  constructor(node: Node, title: string, diagnostics: Diagnostics) {
    this.diagnostics = diagnostics
    this.span = node.span
    this.#title = title
    this.#entries = node.content.kind === 'map' ? node.content.entries : new Map()
  }

  /** The node of an attribute or block; undefined when it is not there or null. */
  node(name: Name<T>): Node | undefined {
    this.#known.add(name)
    const node = this.#entries.get(name)
    return node?.content.kind === 'scalar' && node.content.value === null ? undefined : node
  }

  /** The value of an attribute; undefined when it is not there or wrong. */
  value<V>(name: Name<T>, kind: Kind<V>): V | undefined {
    const node = this.node(name)
    return node && this.#read(name, node, kind)
  }

  /** As `value`, for an attribute that has to be there. */
  required<V>(name: Name<T>, kind: Kind<V>): V | undefined {
    const node = this.node(name)
    if (node === undefined) this.fault(this.span, { message: `${this.#title} needs "${name}"` })
    return node && this.#read(name, node, kind)
  }

  /** A block inside of this one; undefined when it is not there or no block. */
  section<K extends Name<T>>(name: K): Section<NonNullable<T[K]>> | undefined {
    const node = this.node(name)
    if (node === undefined || node.content.kind === 'faulty') return undefined
    if (node.content.kind === 'map') return new Section(node, `the block "${name}"`, this.diagnostics)
    this.wrong(name, node, 'a block')
    return undefined
  }

  /** Reports that what stands at a node is not what was expected. */
  wrong(name: string, node: Node, expected: string, hint?: string): void {
    this.fault(node.span, {
      message: `wrong value for "${name}"`,
      expected,
      found: describeNode(node),
      ...(hint === undefined ? {} : { hint }),
    })
  }

  /** Reports a fault, or with `severity: 'warning'` something to know. */
  fault(span: Span, finding: Finding): void {
    report(this.diagnostics, span, finding)
  }

  /** Reports whatever is there and was not asked for. */
  done(): void {
    for (const [name, { nameSpan }] of this.#entries) {
      if (this.#known.has(name)) continue
      const near = didYouMean(name, this.#known)
      this.fault(nameSpan, {
        message: `${this.#title} has no "${withoutUserInfo(name)}"`,
        expected: `one of ${[...this.#known].join(', ')}`,
        ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
      })
    }
  }

  #read<V>(name: string, node: Node, kind: Kind<V>): V | undefined {
    return kind(node, (at, expected, hint) => this.wrong(name, at, expected, hint))
  }
}
