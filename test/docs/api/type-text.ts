import ts from 'typescript'
import type { Links } from './links.js'
import type { Result } from './model.js'

const printer = ts.createPrinter({ removeComments: true })

/** A type in one line. */
export function typeText(node: ts.Node): string {
  return printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/\s+/g, ' ')
    .replace(/^\| /, '')
    .replace(/; \}/g, ' }')
}

/** Whether a type is looked up in another, such as `keyof T` or `T['name']`. */
export function isLookUp(node: ts.TypeNode): boolean {
  return ts.isIndexedAccessTypeNode(node) || ts.isTypeOperatorNode(node)
}

/** The types that a part of a source names, by the name they have there. */
export function namedTypes(node: ts.Node, checker: ts.TypeChecker): ReadonlyMap<string, ts.Symbol> {
  const found = new Map<string, ts.Symbol>()
  const visit = (at: ts.Node): void => {
    const name = ts.isTypeReferenceNode(at)
      ? at.typeName
      : ts.isExpressionWithTypeArguments(at)
        ? at.expression
        : undefined
    const symbol = name && checker.getSymbolAtLocation(name)
    if (symbol !== undefined)
      found.set(
        name!.getText(),
        (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol,
      )
    ts.forEachChild(at, visit)
  }
  visit(node)
  return found
}

/** Renders types of one page, with links to those that are documented. */
export class TypeWriter {
  readonly #checker: ts.TypeChecker
  readonly #links: Links
  readonly #page: string

  constructor(checker: ts.TypeChecker, links: Links, page: string) {
    this.#checker = checker
    this.#links = links
    this.#page = page
  }

  /** The type as `<code>`, also within a table. */
  html({ node, text }: Result): string {
    return `<code>${node === undefined ? escapeHtml(text) : this.#linked(node)}</code>`
  }

  #linked(node: ts.Node): string {
    const types = namedTypes(node, this.#checker)
    return typeText(node)
      .split(/([A-Za-z_$][\w$.]*)/)
      .map((part) => {
        const address = this.#links.to(types.get(part), this.#page)
        return address === undefined ? escapeHtml(part) : `<a href="${address}">${part}</a>`
      })
      .join('')
  }
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('|', '&#124;')
    .replaceAll('*', '&#42;')
}
