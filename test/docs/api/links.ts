import type ts from 'typescript'
import { headingOf, headings, type Page } from './layout.js'

/** Finds the place of each export on the pages. */
export class Links {
  readonly #targets = new Map<ts.Symbol, { readonly page: string; readonly anchor: string }>()
  readonly #names = new Map<string, ts.Symbol>()

  constructor(pages: readonly Page[]) {
    for (const page of pages) {
      const anchors = anchorsOf(headings(page))
      for (const item of page.groups.flatMap(({ items }) => items)) {
        this.#targets.set(item.symbol, { page: page.name, anchor: anchors.get(headingOf(item))! })
        for (const name of [`${page.name}:${item.name}`, item.name])
          if (!this.#names.has(name)) this.#names.set(name, item.symbol)
      }
    }
  }

  /** The address of an export as seen from a page; undefined for what is not documented. */
  to(symbol: ts.Symbol | undefined, from: string): string | undefined {
    const target = symbol && this.#targets.get(symbol)
    return target && `${target.page === from ? '' : `${target.page}.md`}#${target.anchor}`
  }

  /** The export that a text on a page calls by its name: that of the page itself, or of another one. */
  named(name: string, from: string): ts.Symbol | undefined {
    return this.#names.get(`${from}:${name}`) ?? this.#names.get(name)
  }
}

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(all: readonly string[]): ReadonlyMap<string, string> {
  const used = new Map<string, number>()
  const anchors = new Map<string, string>()
  for (const heading of all) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-')
    const before = used.get(slug) ?? 0
    used.set(slug, before + 1)
    if (!anchors.has(heading)) anchors.set(heading, before === 0 ? slug : `${slug}-${before}`)
  }
  return anchors
}
