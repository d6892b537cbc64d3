import type { Capability } from './capability.js'
import type { AuthType } from './settings.js'

/**
 * A schema of zod 4, or of any library that follows Standard Schema (standardschema.dev). It must validate
 * synchronously.
 */
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
 * The export `manifest` of a custom adapter module, beside the export `adapter` (an `AdapterFactory`). The host thread
 * imports the module for its manifest before anything starts; a worker thread makes the adapter.
 */
export interface CustomManifest {
  /** The name of the protocol in metrics and messages. */
  readonly type: string
  readonly capabilities: readonly Capability[]
  /** Wire formats of payloads. Default: `json`, `msgpack`, `binary`. */
  readonly formats?: readonly string[]
  /** Default: the first of `formats`. */
  readonly defaultFormat?: string
  /** Types of the `auth` block that the adapter supports. Default: only `none`. */
  readonly auth?: readonly AuthType[]
  /** The schema of the `config` block, which must be an object. If absent, the block must be empty. */
  readonly config?: ConfigSchema
  readonly defaultPort?: number
  /** Default true. */
  readonly needsEndpoint?: boolean
}
