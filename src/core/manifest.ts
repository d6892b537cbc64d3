import type { ZodType } from 'zod'
import type { AuthType } from './settings.js'

/** The operations of DESIGN section 3; what a manifest does not list is `Unsupported` before anything is sent. */
export type Capability =
  | 'call'
  | 'notify'
  | 'batch'
  | 'serve'
  | 'publish'
  | 'subscribe'
  | 'enqueue'
  | 'dequeue'

/**
 * What the gateway knows of a protocol without loading it: plain data, read on the host thread.
 * The protocol itself is loaded by the worker alone.
 */
export interface AdapterManifest {
  /** The `type` in the configuration. */
  readonly type: string
  readonly capabilities: readonly Capability[]
  readonly defaultFormat: string
  readonly formats: readonly string[]
  /**
   * For a format that the adapter alone can read, because it needs a schema: the wire format in which payloads of
   * topics and queues come from and go to the adapter instead.
   */
  readonly payloadFormats?: { readonly [format: string]: string }
  /** What an `auth` block may be; every protocol has `none`. */
  readonly auth: readonly AuthType[]
  /** The schema of the `config` block, in the names of the configuration. */
  readonly config: ZodType
  /** The members of the `config` block that are paths of files or folders, one or a list. */
  readonly configPaths?: readonly string[]
  /** Port used when the endpoint names none. */
  readonly defaultPort?: number
  /** Whether an `endpoint` is required. */
  readonly needsEndpoint: boolean
  /** The entry point that the supervisor starts as a thread. */
  readonly worker: URL
  /** The embedded broker that this protocol lives on, where it has one in the process. */
  readonly broker?: BrokerManifest
  /** Serving at a listener of our own, where the protocol has no broker that brings requests to us. */
  readonly server?: ServerManifest
}

/** A `server` block: an actor whose adapter listens when it is told to connect, and has a `service` facet alone. */
export interface ServerManifest {
  readonly type: string
  readonly defaultFormat: string
  readonly formats: readonly string[]
  /** The schema of the `config` block. */
  readonly config: ZodType
  /** The members of the `config` block that are paths of files or folders, one or a list. */
  readonly configPaths?: readonly string[]
  readonly worker: URL
}

/** An embedded broker: another thread that the supervisor starts. */
export interface BrokerManifest {
  /** The `type` of a `broker` block. */
  readonly type: string
  /** The schema of the `listen` block; absent where the broker is reached inside the process only. */
  readonly listen?: ZodType
  readonly worker: URL
}
