import type { Links } from './links.js'

const CODE = /(`[^`]*`)/

/** The text of a comment with links to the exports that it names. */
export function prose(text: string, links: Links, page: string): string {
  return text
    .replace(/\{@link (\S+?)\}/g, '`$1`')
    .split(CODE)
    .map((part) =>
      CODE.test(part)
        ? linked(part.slice(1, -1), part, links, page)
        : part
            .replace(/\bdocs\/([\w-]+\.md)\b/g, '[docs/$1](../$1)')
            .replace(/\b[A-Z][a-z]+[A-Z]\w*\b/g, (name) => linked(name, name, links, page)),
    )
    .join('')
}

/** As `prose`, for a cell of a table. */
export function cell(text: string, links: Links, page: string): string {
  return prose(text, links, page).replace(/\s+/g, ' ').replaceAll('|', '\\|')
}

function linked(name: string, text: string, links: Links, page: string): string {
  const address = links.to(links.named(name, page), page)
  return address === undefined ? text : `[${text}](${address})`
}
