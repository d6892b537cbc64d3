import type { Capability } from './capability.js'
import type { AuthType } from './settings/auth.js'

/**
 * A schema of zod 4, or of any library that follows Standard Schema (standardschema.dev). It must validate
 * synchronously.
 */
export interface ConfigSchema {
  /** The interface of Standard Schema, version 1. */
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => ConfigVerdict | Promise<ConfigVerdict>
  }
}

/** The result of a schema for a `config` block: the value, or its faults. */
export type ConfigVerdict =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly ConfigIssue[] }

/** One fault of a `config` block. */
export interface ConfigIssue {
  /** What is wrong, in words. */
  readonly message: string
  /** Where it is, from the top of the block; absent for the block itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/**
 * The export `manifest` of a custom adapter module, beside the export `adapter` (an `AdapterFactory`). The host thread
 * imports the module for its manifest before anything starts; a worker thread makes the adapter.
 */
export interface CustomManifest {
  /** The name of the protocol in metrics and messages. */
  readonly type: string
  /** What the adapter can do; anything else is refused with UnsupportedError before it reaches the adapter. */
  readonly capabilities: readonly Capability[]
  /** Wire formats of payloads. Default: `json`, `msgpack`, `binary`. */
  readonly formats?: readonly string[]
  /** The format of an integration without `format`. Default: the first of `formats`. */
  readonly defaultFormat?: string
  /** Types of the `auth` block that the adapter supports. Default: only `none`. */
  readonly auth?: readonly AuthType[]
  /** The schema of the `config` block, which must be an object. If absent, the block must be empty. */
  readonly config?: ConfigSchema
  /** The port of an endpoint that has none. */
  readonly defaultPort?: number
  /** Whether the block needs an `endpoint`. Default true. */
  readonly needsEndpoint?: boolean
}
