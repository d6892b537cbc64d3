import type { ZodType } from 'zod'
import type { AddressForm } from './address.js'
import type { Capability, ProtocolVariant } from './capability.js'
import type { Balance } from './discovery.js'
import type { AuthType, IntegrationSettings } from './settings.js'

/**
 * What the gateway knows of a protocol without loading it: plain data, read on the host thread.
 * The protocol itself is loaded by the worker alone.
 */
export interface AdapterManifest {
  /** The `type` in the configuration. */
  readonly type: string
  readonly capabilities: readonly Capability[]
  /** How it does something, in a few words in place of "yes" in the table of the documentation. */
  readonly remarks?: Readonly<Partial<Record<Capability, string>>>
  readonly defaultFormat: string
  readonly formats: readonly string[]
  /**
   * For a format that the adapter alone can read, because it needs a schema: the wire format in which payloads of
   * topics and queues come from and go to the adapter instead.
   */
  readonly payloadFormats?: { readonly [format: string]: string }
  /** What an `auth` block may be; every protocol has `none`. */
  readonly auth: readonly AuthType[]
  /** What is left of the protocol with these settings, where that is not all of it. */
  readonly variant?: (settings: IntegrationSettings) => ProtocolVariant | undefined
  /** The schema of the `config` block, in the names of the configuration. */
  readonly config: ZodType
  /** How it can balance between several addresses; `round_robin` alone without it, for each connection. */
  readonly balances?: readonly Balance[]
  /** Port used when the endpoint names none. */
  readonly defaultPort?: number
  /** Whether an `endpoint` is required. */
  readonly needsEndpoint: boolean
  /** How its addresses are written; without it they are not checked before the adapter connects. */
  readonly addresses?: AddressForm
  /** Bytes of memory that must outlive the actor, for the state of a session (`AdapterContext.kept`); none without it. */
  readonly keptBytes?: (settings: IntegrationSettings) => number
  /**
   * The entry point that the supervisor starts as a thread. Bundlers find the file by the literal
   * `new URL('…', import.meta.url)`; a function, because that throws where a bundle has no `import.meta.url`.
   */
  readonly worker: () => URL
  /** The embedded broker that this protocol lives on, where it has one in the process. */
  readonly broker?: BrokerManifest
  /** Serving at a listener of our own, where the protocol has no broker that brings requests to us. */
  readonly server?: ServerManifest
}

/** A `server` block: an actor whose adapter listens when it connects, and has a `service` facet alone. */
export interface ServerManifest {
  /** The `type` of a `server` block. */
  readonly type: string
  readonly defaultFormat: string
  readonly formats: readonly string[]
  /** As in the manifest of an adapter. */
  readonly payloadFormats?: { readonly [format: string]: string }
  /** The schema of the `config` block. */
  readonly config: ZodType
  readonly worker: () => URL
}

/** An embedded broker: another thread that the supervisor starts. */
export interface BrokerManifest {
  /** The `type` of a `broker` block. */
  readonly type: string
  /** The schema of the `listen` block; absent where the broker is reached inside the process only. */
  readonly listen?: ZodType
  readonly worker: () => URL
}
