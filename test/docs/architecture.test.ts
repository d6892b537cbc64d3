import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = await readFile(join(root, 'docs', 'architecture.md'), 'utf8')

/** The paths of the project that a text names. */
function paths(text: string): string[] {
  return [...text.matchAll(/`((?:src|test)\/[^`]*)`/g)].map((match) => match[1]!)
}

/** The text below a heading. */
function section(heading: string): string {
  return page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
}

describe('the page on the architecture', () => {
  test('names only files and folders that there are', () => {
    expect(paths(page).length).toBeGreaterThan(40)
    expect(paths(page).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test.each(['A publish', 'A delivery', 'A delivery from a queue', 'A call', 'A crash'])(
    'follows %s through at most a dozen files',
    (heading) => {
      const files = new Set(paths(section(heading)).filter((path) => path.endsWith('.ts')))
      expect(files.size).toBeGreaterThan(3)
      expect(files.size).toBeLessThanOrEqual(12)
    },
  )
})
