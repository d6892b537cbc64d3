import { type Clock, systemClock } from '../../core/clock.js'
import type { AdapterManifest } from '../../core/manifest.js'
import type { Finding } from '../hcl/index.js'
import { isFileReference, locateModule, type ModuleReference } from './locate.js'
import { readModule } from './read-module.js'

/** What is known about a `type` that is not built in. */
type FoundModule =
  | { readonly kind: 'manifest'; readonly manifest: AdapterManifest }
  | { readonly kind: 'fault'; readonly finding: Finding }
  /** No module with that name exists. */
  | { readonly kind: 'none' }
  /** Not loaded yet; the next `load` will load it. */
  | { readonly kind: 'noted' }

/** Finds adapters that are not built in. */
export interface ModuleFinder {
  find(reference: ModuleReference): FoundModule
}

/** Finds nothing: only built-in adapters exist. */
export const NO_MODULES: ModuleFinder = { find: () => ({ kind: 'none' }) }

/** Time limit for loading a module, in milliseconds. */
const LONGEST_LOAD_MS = 10_000

/**
 * Loads the modules that a configuration names as adapters. Reading a configuration is synchronous and importing is
 * not: a configuration is read, its modules are loaded, and it is read again with their manifests.
 */
export class AdapterModules implements ModuleFinder {
  readonly #clock: Clock
  readonly #found = new Map<string, FoundModule>()
  readonly #noted = new Map<string, ModuleReference>()

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Returns what is known about a type. A new type is noted for the next `load`. */
  find(reference: ModuleReference): FoundModule {
    const key = JSON.stringify([reference.folder, reference.type])
    const found = this.#found.get(key)
    if (found === undefined) this.#noted.set(key, reference)
    return found ?? { kind: 'noted' }
  }

  /** Loads all noted modules. Never rejects. @returns whether there were any */
  async load(): Promise<boolean> {
    const noted = [...this.#noted]
    this.#noted.clear()
    await Promise.all(
      noted.map(async ([key, reference]) => this.#found.set(key, await this.#loadOne(reference))),
    )
    return noted.length > 0
  }

  async #loadOne(reference: ModuleReference): Promise<FoundModule> {
    const { type, folder } = reference
    const url = locateModule(reference)
    if (url === undefined) {
      if (!isFileReference(type)) return { kind: 'none' }
      return fault(type, {
        message: 'the file does not exist',
        expected: `the path of a module, from ${folder}`,
      })
    }
    try {
      const read = readModule(
        await this.#inTime(import(/* webpackIgnore: true */ /* @vite-ignore */ url.href)),
        url,
      )
      return read.ok ? { kind: 'manifest', manifest: read.manifest } : fault(type, read.finding)
    } catch (error) {
      const { message = String(error) } = (error ?? {}) as Partial<Error>
      return fault(type, { message: `loading failed: ${message}` })
    }
  }

  #inTime<T>(loading: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(LONGEST_LOAD_MS, () =>
        reject(new Error(`loading exceeded the limit of ${LONGEST_LOAD_MS / 1_000} s`)),
      )
      loading.then(resolve, reject).finally(() => timer.cancel())
    })
  }
}

function fault(type: string, finding: Finding): FoundModule {
  return {
    kind: 'fault',
    finding: {
      ...finding,
      message: `the adapter ${JSON.stringify(type)} cannot be used: ${finding.message}`,
    },
  }
}
