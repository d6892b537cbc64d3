import { indexPage } from './index-page.js'
import { layOut } from './layout.js'
import { Links } from './links.js'
import { PageWriter } from './page.js'
import { readApi } from './read.js'
import { TypeWriter } from './type-text.js'

/** The pages of `docs/api/`, by their paths. Compiles the sources, which takes seconds. */
export function apiPages(): Readonly<Record<string, string>> {
  const { entries, checker } = readApi()
  const pages = layOut(entries)
  const links = new Links(pages)
  const written = pages.map((page) => {
    const types = new TypeWriter(checker, links, page.name)
    return [`docs/api/${page.name}.md`, new PageWriter(page, links, types).write()] as const
  })
  return { 'docs/api/README.md': indexPage(pages, links), ...Object.fromEntries(written) }
}
