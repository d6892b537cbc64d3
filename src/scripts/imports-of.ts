import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'

const IMPORTED = /(?:\bfrom|\bimport|\brequire(?:\.resolve)?)\s*(?:\(\s*)?(['"])([^'"\n]+)\1/g
/** A path in quotes: `createRequire(…)('./x')`, `new URL('./x', import.meta.url)`. */
const RELATIVE = /(['"`])(\.{1,2}\/[^'"`\n$]+)\1/g
/** What `require` adds to a path without an ending. */
const ENDINGS = ['.js', '.json', '.cjs', '/index.js']

/**
 * Finds what a module imports, by a quick look at its text: also what is only in a comment, but not what is computed.
 */
export function importsOf(text: string): string[] {
  const found = [...text.matchAll(IMPORTED), ...text.matchAll(RELATIVE)].map((match) => match[2]!)
  return [...new Set(found)]
}

/**
 * Finds the file of an import. A file of the application may be missing; packages below node_modules are left out.
 * @returns its path; `undefined` for modules of Node, packages, and what cannot be found
 */
export function fileOfImport(specifier: string, from: URL): string | undefined {
  if (isBuiltin(specifier)) return undefined
  if (/^(?:\.{0,2}\/|file:)/.test(specifier)) {
    const path = pathOf(specifier, from)
    return path === undefined || existsSync(path) ? path : (withEnding(path) ?? path)
  }
  try {
    const path = requireFrom(from).resolve(specifier)
    return /[\\/]node_modules[\\/]/.test(path) ? undefined : path
  } catch {
    return undefined
  }
}

function pathOf(specifier: string, from: URL): string | undefined {
  try {
    return fileURLToPath(new URL(specifier, from))
  } catch {
    return undefined
  }
}

function withEnding(path: string): string | undefined {
  return ENDINGS.map((ending) => path + ending).find((candidate) => existsSync(candidate))
}

/** Not imported, because webpack warns of a `createRequire` whose paths it cannot know. */
function requireFrom(path: string | URL): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(path)
}
