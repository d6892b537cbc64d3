import type { AdapterManifest, BrokerManifest, ServerManifest } from '../core/manifest.js'
import type { GroupSettings, IntegrationSettings, SupervisionSettings } from '../core/settings.js'
import type { Value } from '../core/value.js'

/** An integration, checked and completed. */
export interface IntegrationConfig {
  readonly settings: IntegrationSettings
  readonly supervision: SupervisionSettings
  readonly manifest: AdapterManifest
}

/** A server, checked and completed: its settings are those of an actor that listens. */
export interface ServerConfig {
  readonly settings: IntegrationSettings
  readonly supervision: SupervisionSettings
  readonly manifest: ServerManifest
}

/** An embedded broker, checked and completed. */
export interface BrokerConfig {
  readonly name: string
  readonly listen: { readonly [key: string]: Value }
  readonly heartbeatMs: number
  /** Bytes at which it is replaced. */
  readonly memory: number
  readonly supervision: SupervisionSettings
  readonly manifest: BrokerManifest
}

/** What a gateway is made of: everything is checked, every default filled in, in the order of the file. */
export interface GatewayConfig {
  readonly integrations: readonly IntegrationConfig[]
  readonly brokers: readonly BrokerConfig[]
  readonly servers: readonly ServerConfig[]
  readonly supervisors: readonly GroupSettings[]
}
