import { cycles } from './cycles.js'
import { CONFINED, LAYERS, PROTOCOL_PACKAGES, THREAD_FILES } from './layers.js'
import { matches } from './pattern.js'
import { type Import, listSources, readSource, type SourceFile } from './source-file.js'

export interface Report {
  /** One line each: the file, what is wrong, and what is allowed. */
  readonly faults: readonly string[]
  readonly files: readonly string[]
  readonly imports: number
}

/** Holds the sources of a repository against the layers. */
export async function checkArchitecture(root: string): Promise<Report> {
  const paths = await listSources(root, ['src', 'workers'])
  const files = await Promise.all(paths.map((path) => readSource(root, path)))
  const known = new Set(paths)
  return {
    faults: [
      ...files.flatMap((file) => [
        ...file.imports.flatMap((imported) => checkImport(file.path, imported, known)),
        ...checkUses(file),
        ...checkWorker(file),
      ]),
      ...cycles(files).map((cycle) => `import cycle: ${cycle.join(' > ')}`),
    ],
    files: paths,
    imports: files.reduce((count, file) => count + file.imports.length, 0),
  }
}

function checkImport(path: string, imported: Import, known: ReadonlySet<string>): readonly string[] {
  const layer = LAYERS.find(({ files }) => files.some((pattern) => matches(pattern, path)))
  if (layer === undefined)
    return [`${path} belongs to no layer; add its folder to test/architecture/layers.ts`]
  const place = `${path}:${imported.line} imports '${imported.specifier}'`
  const name = `a file of the layer "${layer.name}"`

  if (imported.file !== undefined) {
    if (!known.has(imported.file)) return [`${place}: there is no ${imported.file} in src/ or workers/`]
    const own = path.split('/').slice(0, 3).join('/')
    const allowed = layer.imports.map((pattern) => pattern.replace('{own}', own))
    return isAllowed(allowed, imported.file)
      ? []
      : [`${place}, which ${name} may not: allowed imports are [${allowed.join(', ')}]`]
  }

  const module = imported.package!
  if (module === 'node:worker_threads')
    return imported.typeOnly || THREAD_FILES.some((file) => file === path)
      ? []
      : [`${place}: allowed imports are [types alone, or any in ${THREAD_FILES.join(', ')}]`]
  const confinedTo = CONFINED[module]
  if (confinedTo && !isAllowed(confinedTo, path)) return [`${place}: allowed in [${confinedTo.join(', ')}]`]
  if (module.startsWith('node:')) return []
  const homes = Object.keys(PROTOCOL_PACKAGES).filter((folder) => PROTOCOL_PACKAGES[folder]!.includes(module))
  if (homes.length > 0) {
    const isHome = homes.some((home) => path.startsWith(`${home}/`) && path !== `${home}/manifest.ts`)
    const allowed = homes.map((home) => `${home}/`).join(', ')
    return isHome
      ? []
      : [`${place}, the package of a protocol: allowed in [${allowed}, but not its manifest]`]
  }
  const { packages = [], typePackages = [] } = layer
  if (packages.includes(module) || (imported.typeOnly && typePackages.includes(module))) return []
  const allowed = [...packages, ...typePackages.map((type) => `types of ${type}`)]
  return [`${place}, which ${name} may not: allowed imports are [${allowed.join(', ') || 'no package'}]`]
}

function isAllowed(patterns: readonly string[], path: string): boolean {
  const [not, yes] = [true, false].map((negative) =>
    patterns.filter((pattern) => pattern.startsWith('!') === negative),
  ) as [string[], string[]]
  return (
    yes.some((pattern) => matches(pattern, path)) && !not.some((pattern) => matches(pattern.slice(1), path))
  )
}

function checkUses({ path, uses }: SourceFile): readonly string[] {
  return uses
    .filter(({ name }) => !isAllowed(CONFINED[name]!, path))
    .map(({ name, line }) => `${path}:${line} uses ${name}: allowed in [${CONFINED[name]!.join(', ')}]`)
}

/** An entry point loads one protocol, so that each thread pays for one only. */
function checkWorker({ path, imports }: SourceFile): readonly string[] {
  if (!path.startsWith('workers/')) return []
  const folders = imports.flatMap(
    ({ file }) => file?.match(/^src\/(?:adapters|brokers)\/[^/]+(?=\/)/)?.[0] ?? [],
  )
  const protocols = [...new Set(folders)]
  return protocols.length > 1
    ? [
        `${path} imports ${protocols.join(' and ')}: allowed imports are [src/actor/**, one adapter or broker]`,
      ]
    : []
}
