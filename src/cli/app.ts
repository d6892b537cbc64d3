import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Gateway } from '../gateway.js'

/** Node says so of a file that it does not know how to load. */
const UNKNOWN_EXTENSION = 'ERR_UNKNOWN_FILE_EXTENSION'

type Cleanup = () => unknown
/** The default export of a module given with `--app`. What it returns, if anything, is called before the end. */
export type App = (gateway: Gateway) => unknown

/**
 * Loads such a module; the path is relative to the working folder.
 * @param stuck called when the process exits because nothing is left that could make the module go on
 * @throws what loading it throws; TypeError when its default export is no function
 */
export async function loadApp(path: string, stuck: () => void): Promise<App> {
  // Node exits when a top-level await waits for what nothing settles, and rejects nothing.
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
  throw new TypeError('its default export is expected to be a function that takes the gateway')
}

const NO_TYPESCRIPT =
  `Node ${process.versions.node} cannot load TypeScript: ` +
  'use Node 22.18 or later, or compile the module to JavaScript first'

function isUnknownTypeScript(error: unknown, path: string): boolean {
  return /\.[cm]?ts$/.test(path) && (error as NodeJS.ErrnoException | undefined)?.code === UNKNOWN_EXTENSION
}

/** Starts it. @returns what is to be called before the gateway shuts down */
export async function startApp(app: App | undefined, gateway: Gateway): Promise<Cleanup> {
  const cleanup = await app?.(gateway)
  return typeof cleanup === 'function' ? (cleanup as Cleanup) : () => {}
}
