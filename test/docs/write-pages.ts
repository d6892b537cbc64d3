import { writeFile } from 'node:fs/promises'
import { PAGES, pathOf } from './pages.js'

// The command `npm run docs`.
for (const [page, write] of Object.entries(PAGES)) await writeFile(pathOf(page), write())
