import { readFile, writeFile } from 'node:fs/promises'
import { withTable } from './capability-table.js'

// The command `npm run capabilities`: writes what the manifests say into the README.
const path = new URL('../../../README.md', import.meta.url)
await writeFile(path, withTable(await readFile(path, 'utf8')))
