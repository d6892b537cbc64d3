import type { ZodType } from 'zod'
import type { AddressForm } from './address.js'
import type { BrokerSession } from './broker-session.js'
import type { Capability, ProtocolVariant } from './capability.js'
import type { Balance } from './discovery.js'
import type { AuthType } from './settings/auth.js'
import type { IntegrationSettings } from './settings/integration.js'

/**
 * Describes a protocol to the host thread as plain data. Only the worker loads the protocol itself.
 */
export interface AdapterManifest {
  /** The `type` in the configuration. */
  readonly type: string
  readonly capabilities: readonly Capability[]
  /** How it implements a capability: replaces "yes" in the table of the documentation. */
  readonly remarks?: Readonly<Partial<Record<Capability, string>>>
  readonly defaultFormat: string
  readonly formats: readonly string[]
  /**
   * For a format that only the adapter can read, because it needs a schema: the wire format that payloads of topics
   * and queues have between actor and adapter instead.
   */
  readonly payloadFormats?: { readonly [format: string]: string }
  /** Types of the `auth` block beside `none`, which every protocol supports. */
  readonly auth: readonly AuthType[]
  /** What the protocol can do with these settings; `undefined` if it can do all that `capabilities` lists. */
  readonly variant?: (settings: IntegrationSettings) => ProtocolVariant | undefined
  /** The operations whose messages carry headers with these settings, whatever the broker. Absent if none do. */
  readonly carriesHeaders?: (settings: IntegrationSettings) => readonly ('publish' | 'enqueue')[]
  /**
   * What is acknowledged on topics: received messages to the broker, and published messages by the broker, which then
   * keeps them for their subscribers. Absent if nothing is.
   */
  readonly acknowledges?: { readonly subscribe?: Acknowledged; readonly publish?: Acknowledged }
  /** Whether its broker stores a message once that is sent again with the same `Attempt.messageId`. Default: no. */
  readonly recognizesMessages?: boolean
  /** The schema of the `config` block, in the names of the configuration. */
  readonly config: ZodType
  /** How it can balance between several addresses. Default: `round_robin` only, for each connection. */
  readonly balances?: readonly Balance[]
  /** The port if the endpoint has none. */
  readonly defaultPort?: number
  /** Whether an `endpoint` is required. */
  readonly needsEndpoint: boolean
  /** How its addresses are written. If absent, they are not checked before the adapter connects. */
  readonly addresses?: AddressForm
  /**
   * Whether the broker tells the actors of an integration apart by their client id. A successor then gets another id
   * than the actor beside it. Default `shared`.
   */
  readonly identity?: 'shared' | 'distinct'
  /**
   * Why two actors with these settings cannot run at the same time, and which attribute says so. A reload then stops the
   * one before it starts the other. Absent if they can.
   */
  readonly exclusive?: (settings: IntegrationSettings) => Exclusive | undefined
  /** The sessions that the actor has at its broker. Absent if the protocol has none. */
  readonly session?: (settings: IntegrationSettings) => BrokerSession
  /** The files that the actor reads when it starts. A reload gives it a successor if their content has changed. */
  readonly files?: (settings: IntegrationSettings) => ActorFiles
  /** Bytes of memory that outlive the actor, for the state of a session (`AdapterContext.kept`). Default 0. */
  readonly keptBytes?: (settings: IntegrationSettings) => number
  /**
   * Returns the entry point of the worker thread. Bundlers find the file by the literal `new URL('…',
   * import.meta.url)`; it is a function because that expression throws in a bundle without `import.meta.url`.
   */
  readonly worker: () => URL
  /** The embedded broker of this protocol, if there is one. */
  readonly broker?: BrokerManifest
  /** The server of this protocol, if it serves requests at its own listener and not through a broker. */
  readonly server?: ServerManifest
}

/** What keeps two actors of one integration from running at the same time. */
export interface Exclusive {
  /** The path of the attribute, such as `config.client_id`. */
  readonly attribute: string
  /** What would happen, in words. */
  readonly reason: string
}

/** Absolute paths of files that an actor reads. */
export interface ActorFiles {
  readonly paths?: readonly string[]
  /** `.proto` files, whose imports are read too. */
  readonly protos?: readonly string[]
  /** The folders in which imports of `protos` are searched first. */
  readonly include?: readonly string[]
}

/** When messages of topics are acknowledged: always, or only with a quality of service of 1 or more. */
export type Acknowledged = 'always' | 'with-qos'

/** Describes a `server` block: an actor whose adapter listens when it connects, and has only a `service` facet. */
export interface ServerManifest {
  /** The `type` of a `server` block. */
  readonly type: string
  readonly defaultFormat: string
  readonly formats: readonly string[]
  /** As in `AdapterManifest`. */
  readonly payloadFormats?: { readonly [format: string]: string }
  /** The schema of the `config` block. */
  readonly config: ZodType
  /** As in `AdapterManifest`. */
  readonly files?: (settings: IntegrationSettings) => ActorFiles
  readonly worker: () => URL
}

/** Describes an embedded broker, which runs in its own thread. */
export interface BrokerManifest {
  /** The `type` of a `broker` block. */
  readonly type: string
  /** The schema of the `listen` block. Absent if the broker can only be reached inside the process. */
  readonly listen?: ZodType
  readonly worker: () => URL
}
