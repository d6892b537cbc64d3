import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readRegularFileNow } from '../../core/read-file.js'

/** A `type` that is not built in, and the folder to which it is relative. */
export interface ModuleReference {
  readonly type: string
  /** Absolute path. */
  readonly folder: string
}

/** Tells whether a `type` can only be a file; anything else may be the name of a package. */
export function isFileReference(type: string): boolean {
  return /^\.{1,2}[\\/]/u.test(type) || isAbsolute(type) || type.startsWith('file:')
}

/** The name of a package, with an optional path into it. */
const PACKAGE = /^((?:@[\w.~-]+\/)?[a-z0-9~][\w.~-]*)(\/[\w.~/-]+)?$/iu

/** Finds the file of a module; `undefined` if there is none. */
export function locateModule({ type, folder }: ModuleReference): URL | undefined {
  if (isFileReference(type)) {
    const path = type.startsWith('file:') ? fileURLToPath(type) : resolve(folder, type)
    return isFile(path) ? pathToFileURL(path) : undefined
  }
  const [, name, subpath = ''] = PACKAGE.exec(type) ?? []
  if (name === undefined) return undefined
  const folders = createRequire(join(folder, 'gateway.hcl')).resolve.paths(name) ?? []
  for (const modules of folders) {
    const entry = entryOf(join(modules, name), `.${subpath}`)
    if (entry !== undefined) return pathToFileURL(entry)
  }
  return undefined
}

/**
 * Finds the file of an installed package that `import` would load. Node resolves names relative to the importing
 * module, which is ours; a configuration means names relative to itself.
 */
function entryOf(root: string, subpath: string): string | undefined {
  const { exports, main } = packageJson(join(root, 'package.json')) ?? {}
  const inside =
    exports === undefined
      ? subpath === '.'
        ? typeof main === 'string'
          ? main
          : 'index.js'
        : subpath
      : target(hasSubpaths(exports) ? (exports as Exports)[subpath] : subpath === '.' ? exports : undefined)
  if (inside === undefined) return undefined
  return [inside, `${inside}.js`, join(inside, 'index.js')].map((path) => join(root, path)).find(isFile)
}

type Exports = Readonly<Record<string, unknown>>

function packageJson(path: string): Exports | undefined {
  try {
    return JSON.parse(readRegularFileNow(path).toString()) as Exports
  } catch {
    return undefined
  }
}

function hasSubpaths(exports: unknown): boolean {
  return typeof exports === 'object' && exports !== null && Object.keys(exports).some((key) => key[0] === '.')
}

/** Returns the first path that applies to an import by Node. */
function target(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports
  if (typeof exports !== 'object' || exports === null) return undefined
  for (const [condition, value] of Object.entries(exports)) {
    if (!['import', 'node', 'module-sync', 'default'].includes(condition)) continue
    const found = target(value)
    if (found !== undefined) return found
  }
  return undefined
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
