import * as nodeModule from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ScriptModule } from './script-calls.js'

/** The files of a script by URL. */
type Files = Readonly<Record<string, string>>

interface Resolved {
  readonly url: string
  readonly format?: string | null
  readonly shortCircuit?: boolean
}

interface Loaded {
  readonly format: string
  readonly source?: unknown
  readonly shortCircuit?: boolean
}

/** The hooks of Node that run in the thread itself, which Node 20 does not have. */
interface ThreadHooks {
  registerHooks?(hooks: {
    resolve(
      specifier: string,
      context: { readonly parentURL?: string },
      next: (specifier: string, context: object) => Resolved,
    ): Resolved
    load(
      url: string,
      context: { readonly format?: string | null },
      next: (url: string, context: object) => Loaded,
    ): Loaded
  }): void
}

/**
 * Imports a script. A module that is CommonJS exports the members of `module.exports`.
 * @param files what Node loads instead of the files on disk
 * @throws what the script throws when it is loaded, and SyntaxError
 */
export async function loadScript(url: string, files: Files | undefined): Promise<ScriptModule> {
  if (files !== undefined) loadFrom(files)
  const module = (await import(url)) as ScriptModule
  const { default: whole } = module
  return typeof whole === 'object' && whole !== null ? { ...whole, ...module } : module
}

/** Makes Node load these files as they were, because those on disk have changed. */
function loadFrom(files: Files): void {
  const { registerHooks } = nodeModule as ThreadHooks
  if (registerHooks === undefined) {
    nodeModule.register(HOOKS, { data: files })
    return requireFrom(files)
  }
  registerHooks({
    resolve: (specifier, context, next) => {
      const url = fileFor(specifier, context.parentURL, files)
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
    },
    load: (url, context, next) => {
      const source = files[url]
      if (source === undefined) return next(url, context)
      return { format: context.format ?? formatOf(url, source), source, shortCircuit: true }
    },
  })
}

/** The parts of Node's loader of CommonJS that its hooks in another thread do not reach. */
interface Loader {
  _resolveFilename(
    request: string,
    parent: { readonly filename?: string } | undefined,
    ...rest: unknown[]
  ): string
  readonly _extensions: Record<string, (module: CommonJs, filename: string) => void>
}

interface CommonJs {
  exports: unknown
  _compile(source: string, filename: string): void
}

/** Makes `require` load these files. */
function requireFrom(files: Files): void {
  const loader = nodeModule.Module as unknown as Loader
  const found = loader._resolveFilename
  loader._resolveFilename = (request, parent, ...rest) => {
    const from = parent?.filename === undefined ? undefined : pathToFileURL(parent.filename).href
    const url = ['', '.js', '.json', '/index.js']
      .map((ending) => fileFor(request + ending, from, files))
      .find((each) => each !== undefined)
    return url === undefined ? found.call(loader, request, parent, ...rest) : fileURLToPath(url)
  }
  for (const ending of ['.js', '.json']) {
    const load = loader._extensions[ending]!
    loader._extensions[ending] = (module, filename) => {
      const source = files[pathToFileURL(filename).href]
      if (source === undefined) load(module, filename)
      else if (ending === '.json') module.exports = JSON.parse(source)
      else module._compile(source, filename)
    }
  }
}

function fileFor(specifier: string, parent: string | undefined, files: Files): string | undefined {
  try {
    const { href } = new URL(specifier, parent)
    return Object.hasOwn(files, href) ? href : undefined
  } catch {
    return undefined
  }
}

/** The format of a file, as Node finds it out by its name and its syntax. */
function formatOf(url: string, source: string): string {
  if (url.endsWith('.json')) return 'json'
  if (/\.c[jt]s$/.test(url)) return url.endsWith('ts') ? 'commonjs-typescript' : 'commonjs'
  const isModule = /\.m[jt]s$/.test(url) || /^\s*(?:import|export)\b/m.test(source)
  return `${isModule ? 'module' : 'commonjs'}${url.endsWith('ts') ? '-typescript' : ''}`
}

/** The same hooks for Node 20, which runs them in another thread. */
const HOOKS = `data:text/javascript,${encodeURIComponent(`
let files = {}
export const initialize = (data) => { files = data }
const fileFor = ${fileFor.toString()}
const formatOf = ${formatOf.toString()}
export const resolve = (specifier, context, next) => {
  const url = fileFor(specifier, context.parentURL, files)
  return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
}
export const load = (url, context, next) => {
  const source = files[url]
  return source === undefined ? next(url, context) : { format: context.format ?? formatOf(url, source), source, shortCircuit: true }
}
`)}`
