import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConfigError } from '../core/errors/config.js'

/** The part of a manifest that describes its thread. */
interface Threaded {
  readonly type: string
  /** A path where ncc has replaced `new URL(…)` by that of its copy. */
  readonly worker: () => URL | string
}

/** The file of a worker. @throws ConfigError with instructions if a bundler did not copy the file */
export function workerFile({ type, worker }: Threaded): URL {
  const url = locate(type, worker)
  if (url.protocol === 'data:') return url
  if (url.protocol !== 'file:') throw missing(type, `expected a file, found the address ${url.href}`)
  const path = fileURLToPath(url)
  if (existsSync(path)) return url
  throw missing(type, `expected the file ${path}`, ` to ${fileURLToPath(new URL('.', url))}`)
}

/** The URL of a worker. @throws ConfigError in a CommonJS bundle without `import.meta.url` */
function locate(type: string, worker: Threaded['worker']): URL {
  try {
    const located = worker()
    return typeof located === 'string' ? pathToFileURL(located) : located
  } catch {
    throw missing(type, 'this bundle has no import.meta.url to find it by')
  }
}

/** What leaves the package out of a bundle; docs/bundlers.md has the same lines. */
const EXTERNAL = [
  ['esbuild', '--external:nemo-gateway'],
  ['rollup, rolldown', "external: ['nemo-gateway']"],
  ['vite', "ssr: { external: ['nemo-gateway'] }"],
  ['webpack, rspack', "externals: { 'nemo-gateway': 'module nemo-gateway' }"],
  ['ncc', '--external nemo-gateway'],
  ['Next.js', "serverExternalPackages: ['nemo-gateway']"],
]
  .map(([bundler, line]) => `${bundler}: ${line}`)
  .join('; ')

function missing(
  type: string,
  found: string,
  where = ' to the folder "workers" beside an ES module',
): ConfigError {
  return new ConfigError(
    `the worker of "${type}" is missing: ${found}. Mark "nemo-gateway" as external in your bundler (${EXTERNAL}), or copy the files of node_modules/nemo-gateway/dist/workers${where}; see docs/bundlers.md`,
  )
}
