import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../core/errors.js'

/** What runs in a thread of its own, as a manifest describes it. */
interface Threaded {
  readonly type: string
  readonly worker: () => URL
}

const REMEDY =
  'A bundler left it out: mark "nemo-gateway" as external (esbuild: --external:nemo-gateway), or copy node_modules/nemo-gateway/dist/workers/*.mjs'
const MORE = '; see docs/bundlers.md'

/** The file of its worker. @throws ConfigError when it does not exist, with what to do about it */
export function workerFile({ type, worker }: Threaded): URL {
  const url = locate(type, worker)
  if (url.protocol !== 'file:' || existsSync(fileURLToPath(url))) return url
  const path = fileURLToPath(url)
  throw new ConfigError(
    `the worker of "${type}" is missing: expected the file ${path}. ${REMEDY} to ${fileURLToPath(new URL('.', url))}${MORE}`,
  )
}

/** A bundle in CommonJS may have no `import.meta.url`, which the address is relative to. */
function locate(type: string, worker: () => URL): URL {
  try {
    return worker()
  } catch (cause) {
    throw new ConfigError(
      `the worker of "${type}" is missing: this bundle does not know where it is. ${REMEDY} to the folder workers beside a bundle that is an ES module${MORE}`,
      [],
      { cause },
    )
  }
}
