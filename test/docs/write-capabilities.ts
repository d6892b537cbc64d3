import { readFile, writeFile } from 'node:fs/promises'
import { withMarkedPart } from './marked.js'
import { pathOf } from './pages.js'
import { TABLES } from './tables.js'

// The command `npm run capabilities`: writes what the manifests say into the pages.
for (const { page, name, write } of TABLES) {
  const path = pathOf(page)
  await writeFile(path, withMarkedPart(await readFile(path, 'utf8'), name, write()))
}
