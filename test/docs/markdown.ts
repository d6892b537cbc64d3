import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A page written in Markdown. */
export interface Page {
  /** From the root of the repository: `docs/errors.md`. */
  readonly path: string
  readonly text: string
}

/** A fenced block of a page. */
export interface Fence {
  readonly page: string
  /** The line of the page on which it begins, from 1. */
  readonly line: number
  /** The first word after the backticks; empty for a diagram. */
  readonly language: string
  /** The words after the language. */
  readonly marks: readonly string[]
  readonly code: string
}

/** The README and the guides: what is shown here must work. */
export async function guides(): Promise<readonly Page[]> {
  const found = await readdir(join(ROOT, 'docs'), { recursive: true })
  const paths = found.filter((path) => path.endsWith('.md')).map((path) => `docs/${path}`)
  return ['README.md', ...paths.filter((path) => !path.startsWith('docs/api/')).sort()].map(pageAt)
}

/** The guides and all other pages that link to something. */
export async function allPages(): Promise<readonly Page[]> {
  const examples = (await readdir(join(ROOT, 'examples'), { recursive: true }))
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => `examples/${path}`)
  return [...(await guides()), ...['CHANGELOG.md', ...examples.sort()].map(pageAt)]
}

export function pageAt(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') }
}

const FENCE = /^(`{3,})(.*)\n([\s\S]*?)^\1$/gm

export function fencesOf({ path, text }: Page): readonly Fence[] {
  return [...text.matchAll(FENCE)].map((match) => {
    const [language = '', ...marks] = match[2]!.trim().split(/\s+/)
    const line = text.slice(0, match.index).split('\n').length
    return { page: path, line, language, marks, code: match[3]! }
  })
}

/** The value of a mark such as `file=gateway.hcl`. */
export function markOf({ marks }: Fence, name: string): string | undefined {
  return marks.find((mark) => mark.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** The text without its fenced blocks. */
export function prose({ text }: Page): string {
  return text.replace(FENCE, '')
}

/** What stands between single backticks in the prose. */
export function inlineCode(page: Page): readonly string[] {
  return [...prose(page).matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
}

/** The targets of links and pictures in the prose. */
export function linksOf(page: Page): readonly string[] {
  const text = prose(page).replace(/`[^`\n]*`/g, '')
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1]!)
}

/** The anchors that a page has, as GitHub makes them of headings. */
export function anchorsOf(page: Page): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading] of prose(page).matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = slugOf(heading!)
    let anchor = slug
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`
    anchors.add(anchor)
  }
  return anchors
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

/** The rows of the first table below a heading, each as its cells. */
export function tableBelow({ path, text }: Page, heading: string): readonly (readonly string[])[] {
  const section = text.split(`\n${heading}\n`)[1]?.split(/\n#{1,6} /)[0]
  if (section === undefined) throw new Error(`${path} has no heading ${JSON.stringify(heading)}`)
  const rows = /(?:^\|.*\n)+/m.exec(`${section}\n`)?.[0].trimEnd().split('\n') ?? []
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
