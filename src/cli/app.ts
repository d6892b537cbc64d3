import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Gateway } from '../gateway.js'

/** Node's error code for a file type that it cannot load. */
const UNKNOWN_EXTENSION = 'ERR_UNKNOWN_FILE_EXTENSION'

type Cleanup = () => unknown
/**
 * The default export of a module given with `--app`. If it returns a function, that is called before the gateway
 * shuts down.
 */
export type App = (gateway: Gateway) => unknown

/**
 * Loads such a module; the path is relative to the working folder.
 * @param stuck called if the process exits because nothing can make the module continue
 * @throws what loading throws; TypeError if the default export is not a function
 */
export async function loadApp(path: string, stuck: () => void): Promise<App> {
  // Node exits without an error when a top-level await waits for a promise that nothing can settle.
  process.once('exit', stuck)
  let loaded: { default?: unknown }
  try {
    loaded = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown }
  } catch (error) {
    throw isUnknownTypeScript(error, path) ? new TypeError(NO_TYPESCRIPT) : error
  } finally {
    process.off('exit', stuck)
  }
  if (typeof loaded.default === 'function') return loaded.default as App
  throw new TypeError('expected a function that takes the gateway as the default export')
}

const NO_TYPESCRIPT =
  `Node ${process.versions.node} cannot load TypeScript: ` +
  'use Node 22.18 or later, or compile the module to JavaScript first'

function isUnknownTypeScript(error: unknown, path: string): boolean {
  return /\.[cm]?ts$/.test(path) && (error as NodeJS.ErrnoException | undefined)?.code === UNKNOWN_EXTENSION
}

/** Starts the application. @returns the function to call before the gateway shuts down */
export async function startApp(app: App | undefined, gateway: Gateway): Promise<Cleanup> {
  const cleanup = await app?.(gateway)
  return typeof cleanup === 'function' ? (cleanup as Cleanup) : () => {}
}
