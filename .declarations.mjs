// Removes the declarations that no entry point of the package leads to: nobody can import them, and those of schemas
// would name packages that are not installed with ours.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = import.meta.dirname
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** The declarations that are reached from these. */
function reached(entries) {
  const found = new Set()
  const left = [...entries]
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file)) continue
    found.add(file)
    for (const [, path] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']*)\.js'/g))
      left.push(resolve(dirname(file), `${path}.d.ts`))
  }
  return found
}

const entries = Object.values(exports).flatMap(({ types }) =>
  types === undefined ? [] : [join(root, types)],
)
const kept = reached(entries)
const folder = join(root, 'dist/src')
for (const name of readdirSync(folder, { recursive: true }))
  if (name.endsWith('.d.ts') && !kept.has(join(folder, name))) rmSync(join(folder, name))
