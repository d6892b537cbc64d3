import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { PAGES, pathOf } from './pages.js'

test.each(Object.entries(PAGES))('%s is what the code says (npm run docs writes it)', async (page, write) => {
  expect(await readFile(pathOf(page), 'utf8')).toBe(write())
})
