import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { linksOf, pageAt, ROOT, tableBelow } from './markdown.js'

const readme = pageAt('README.md')
const manifest = JSON.parse(pageAt('package.json').text)

describe('README', () => {
  test('fits three screens', () => {
    expect(readme.text.split('\n').length).toBeLessThanOrEqual(150)
  })

  test('links to what is in the repository that package.json names, where npm looks for it', () => {
    expect(manifest.repository.url).toMatch(/^git\+https:\/\/github\.com\/[\w-]+\/[\w-]+\.git$/)
    const relative = linksOf(readme).filter((link) => !/^https?:/.test(link))
    expect(relative.filter((link) => link.startsWith('/') || link.startsWith('..'))).toEqual([])
  })
})

describe('the page on the architecture', () => {
  test('names folders that exist', () => {
    const rows = tableBelow(pageAt('docs/architecture.md'), '## The tree')
    const folders = rows.flatMap(([names]) => [...names!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
    expect(folders.length).toBeGreaterThan(5)
    expect(folders.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([])
  })
})

describe('CHANGELOG', () => {
  test('has the version of the package', () => {
    expect(pageAt('CHANGELOG.md').text).toContain(`## ${manifest.version}`)
  })
})
