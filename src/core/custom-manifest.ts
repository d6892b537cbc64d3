import type { Capability } from './capability.js'
import type { AuthType } from './settings.js'

/** A schema by zod 4, or by any library that follows the Standard Schema (standardschema.dev). Checks at once. */
export interface ConfigSchema {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => ConfigVerdict | Promise<ConfigVerdict>
  }
}

type ConfigVerdict =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly ConfigIssue[] }

interface ConfigIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * What a module with an adapter of your own exports as `manifest`, beside `adapter`, the `AdapterFactory`. The host
 * thread imports the module for its manifest before anything starts; the adapter is made in a separate worker.
 */
export interface CustomManifest {
  /** Names the protocol in metrics and messages. */
  readonly type: string
  readonly capabilities: readonly Capability[]
  /** Wire formats of payloads. Default: `json`, `msgpack`, `binary`. */
  readonly formats?: readonly string[]
  /** Default: the first of `formats`. */
  readonly defaultFormat?: string
  /** What an `auth` block may be. Default: `none` alone. */
  readonly auth?: readonly AuthType[]
  /** The schema of the `config` block, which has to be an object. Without one there is nothing to configure. */
  readonly config?: ConfigSchema
  readonly defaultPort?: number
  /** Default true. */
  readonly needsEndpoint?: boolean
}
