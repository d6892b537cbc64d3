import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { allPages, anchorsOf, guides, inlineCode, linksOf, pageAt, ROOT } from './markdown.js'

const pages = await allPages()

test.each(pages)('every link of $path leads somewhere', (page) => {
  const broken = linksOf(page).filter((link) => !/^(https?|mailto):/.test(link) && !resolves(page.path, link))
  expect(broken).toEqual([])
})

function resolves(from: string, link: string): boolean {
  const [target = '', anchor] = link.split('#')
  const path = target === '' ? from : normalize(join(dirname(from), target)).replace(/\/$/, '')
  if (!existsSync(join(ROOT, path))) return false
  return anchor === undefined || (path.endsWith('.md') && anchorsOf(pageAt(path)).has(anchor))
}

test.each(await guides())('every file and folder that $path names is there', (page) => {
  const named = inlineCode(page).filter((code) =>
    /^(src|test|bench|workers|examples|docs)\/[\w./-]*$/.test(code),
  )
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('the index of the documentation leads to every page', async () => {
  const index = linksOf(pageAt('docs/README.md')).map((link) => normalize(join('docs', link)))
  const decisions = linksOf(pageAt('docs/decisions/README.md')).map((link) =>
    normalize(join('docs/decisions', link)),
  )
  const listed = new Set([...index, ...decisions, 'docs/README.md', 'README.md'])
  expect((await guides()).map(({ path }) => path).filter((path) => !listed.has(path))).toEqual([])
})
