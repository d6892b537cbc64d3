import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../core/errors.js'

/** The part of a manifest that describes its thread. */
interface Threaded {
  readonly type: string
  readonly worker: () => URL
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
function locate(type: string, worker: () => URL): URL {
  try {
    return worker()
  } catch {
    throw missing(type, 'this bundle has no import.meta.url to find it by')
  }
}

function missing(
  type: string,
  found: string,
  where = ' to the folder "workers" beside an ES module',
): ConfigError {
  return new ConfigError(
    `the worker of "${type}" is missing: ${found}. Mark "nemo-gateway" as external in your bundler (esbuild: --external:nemo-gateway, Next.js: serverExternalPackages: ["nemo-gateway"]), or copy node_modules/nemo-gateway/dist/workers/*.mjs${where}; see docs/bundlers.md`,
  )
}
