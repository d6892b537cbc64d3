// Turns TypeScript into JavaScript file by file, without checking types, which takes most of the time of a build.
// `npm run build` checks them.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'rolldown/utils'

const FOLDERS = ['src', 'test', 'bench']
/** Bundled in place, so that their output says nothing about the age of what it was made from. */
const WORKERS = 'workers'

/**
 * Writes the output of each source that is newer, and removes the output of sources that are gone.
 * @returns the sources it wrote
 */
export function transpile(root) {
  rmSync(join(root, 'dist', WORKERS), { recursive: true, force: true })
  const sources = FOLDERS.flatMap((folder) => filesIn(root, folder, '.ts'))
  const expected = new Set(sources.map(outputOf))
  for (const output of FOLDERS.flatMap((folder) => filesIn(root, join('dist', folder), '.js')))
    if (!expected.has(output)) rmSync(join(root, output))
  const changed = sources.filter((source) => isNewer(root, source))
  for (const source of [...changed, ...filesIn(root, WORKERS, '.ts')]) write(root, source)
  return changed
}

function write(root, source) {
  const output = outputOf(source)
  const { code, map, errors } = transformSync(source, readFileSync(join(root, source), 'utf8'), {
    target: 'es2022',
    sourcemap: true,
  })
  if (errors.length > 0) throw new Error(`${source}: ${errors.map(({ message }) => message).join('; ')}`)
  mkdirSync(join(root, dirname(output)), { recursive: true })
  const mapped = { ...map, sources: [relative(dirname(output), source)] }
  writeFileSync(join(root, `${output}.map`), JSON.stringify(mapped))
  writeFileSync(join(root, output), `${code}//# sourceMappingURL=${basename(output)}.map\n`)
}

/** Manifests name a worker by the ending of its bundle. */
const outputOf = (source) =>
  join('dist', source.replace(/\.ts$/, source.startsWith(WORKERS) ? '.mjs' : '.js'))

function isNewer(root, source) {
  const output = statSync(join(root, outputOf(source)), { throwIfNoEntry: false })
  return output === undefined || output.mtimeMs < statSync(join(root, source)).mtimeMs
}

function filesIn(root, folder, ending) {
  const at = join(root, folder)
  if (statSync(at, { throwIfNoEntry: false }) === undefined) return []
  return readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) transpile(join(import.meta.dirname, '..'))
