import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { apiPages } from './api/pages.js'
import { TYPES_FOLDER } from './blocks/block-types.js'
import { withMarkedPart } from './marked.js'
import { pathOf, writtenFiles } from './pages.js'
import { TABLES } from './tables.js'

/** Writes these files, and removes what else is in a folder of written files. */
async function write(files: Readonly<Record<string, string>>, folder: string): Promise<void> {
  await mkdir(pathOf(folder), { recursive: true })
  for (const name of await readdir(pathOf(folder)))
    if (files[`${folder}${name}`] === undefined) await rm(pathOf(`${folder}${name}`))
  for (const [path, text] of Object.entries(files)) await writeFile(pathOf(path), text)
}

// The command `npm run docs`. The reference of the API is last: it reads sources, of which some are written before.
await write(writtenFiles(), TYPES_FOLDER)
for (const { page, name, write: table } of TABLES)
  await writeFile(pathOf(page), withMarkedPart(await readFile(pathOf(page), 'utf8'), name, table()))
await write(apiPages(), 'docs/api/')
