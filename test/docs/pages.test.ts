import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { TYPES_FOLDER } from './blocks/block-types.js'
import { pathOf, writtenFiles } from './pages.js'

const files = writtenFiles()

test.each(Object.entries(files))('%s is what the code says (npm run docs writes it)', async (path, text) => {
  expect(await readFile(pathOf(path), 'utf8')).toBe(text)
})

test('the folder of block types holds nothing else', async () => {
  const names = await readdir(pathOf(TYPES_FOLDER))
  const written = Object.keys(files).filter((path) => path.startsWith(TYPES_FOLDER))
  expect(names.map((name) => `${TYPES_FOLDER}${name}`).sort()).toEqual(written.sort())
})
