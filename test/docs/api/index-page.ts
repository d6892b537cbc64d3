import { table } from '../table.js'
import type { Page } from './layout.js'
import { headingOf } from './layout.js'
import type { Links } from './links.js'
import { cell } from './prose.js'

/** `docs/api/README.md`: what each page has. */
export function indexPage(pages: readonly Page[], links: Links): string {
  const rows = pages.map(({ name, entry }) => [
    `[${name}](${name}.md)`,
    `\`${entry.specifier}\``,
    name === 'blocks' ? 'The types of the blocks of a configuration.' : cell(entry.about, links, 'README'),
  ])
  const all = pages
    .flatMap(({ groups }) => groups.flatMap(({ items }) => items))
    .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
    .map((item) => `[${headingOf(item)}](${links.to(item.symbol, 'README')})`)
  return `# API reference

Every class, function and type that the package exports, written by \`npm run docs\` from the comments in the sources.

${table(['page', 'import', ''], rows)}

## All exports

${all.join(' · ')}
`
}
