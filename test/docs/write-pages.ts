import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { apiPages } from './api/pages.js'
import { PAGES, pathOf } from './pages.js'

// The command `npm run docs`. The reference of the API is last: it reads sources, of which one is written before.
for (const [page, write] of Object.entries(PAGES)) await writeFile(pathOf(page), write())
const folder = pathOf('docs/api/')
await mkdir(folder, { recursive: true })
const pages = apiPages()
for (const name of await readdir(folder))
  if (pages[`docs/api/${name}`] === undefined) await rm(new URL(name, folder))
for (const [page, text] of Object.entries(pages)) await writeFile(pathOf(page), text)
