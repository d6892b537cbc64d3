import type { AdapterManifest, BrokerManifest, ServerManifest } from '../core/manifest.js'
import type { ActionSettings } from '../core/settings/action.js'
import type { DataSettings } from '../core/settings/data.js'
import type { ExposeSettings } from '../core/settings/expose.js'
import type { IntegrationSettings } from '../core/settings/integration.js'
import type { RouteSettings } from '../core/settings/route.js'
import type { ScriptFunction, ScriptSettings } from '../core/settings/script.js'
import type { GroupSettings, SupervisionSettings } from '../core/settings/supervision.js'
import type { TriggerSettings } from '../core/settings/trigger.js'
import type { Value } from '../core/value.js'
import type { Node } from './node.js'

/** The content of files that an actor reads when it starts. */
interface ReadByActor {
  /** The digest of each file by its path. Absent before the files are read. */
  readonly files?: Readonly<Record<string, string>>
}

/** A validated integration with all defaults filled in. */
export interface IntegrationConfig extends ReadByActor {
  readonly settings: IntegrationSettings
  readonly supervision: SupervisionSettings
  readonly manifest: AdapterManifest
}

/** A validated server with all defaults filled in. Its settings are those of an actor that listens. */
export interface ServerConfig extends ReadByActor {
  readonly settings: IntegrationSettings
  readonly supervision: SupervisionSettings
  readonly manifest: ServerManifest
  /** Integrations that must be connected before the server is ready; all if absent. */
  readonly requires?: readonly string[]
  /** What callers may subscribe to; nothing if absent. */
  readonly expose?: ExposeSettings
  /** The functions of scripts that handle its methods. */
  readonly handlers: ReadonlyMap<string, ScriptFunction>
}

/** A validated embedded broker with all defaults filled in. */
export interface BrokerConfig {
  readonly name: string
  readonly listen: { readonly [key: string]: Value }
  readonly heartbeatMs: number
  /** Memory in bytes at which the broker is restarted. */
  readonly memory: number
  readonly supervision: SupervisionSettings
  readonly manifest: BrokerManifest
}

/** A validated configuration with all defaults filled in, in the order of the file. */
export interface GatewayConfig {
  readonly integrations: readonly IntegrationConfig[]
  readonly brokers: readonly BrokerConfig[]
  readonly servers: readonly ServerConfig[]
  readonly scripts: readonly ScriptSettings[]
  readonly supervisors: readonly GroupSettings[]
  readonly data: readonly DataSettings[]
  readonly actions: readonly ActionSettings[]
  readonly triggers: readonly TriggerSettings[]
  readonly routes: readonly RouteSettings[]
  /** The blocks as they were written, by kind and name: `integration.events`. Absent in a configuration of tests. */
  readonly written?: Written
}

/** The blocks of a configuration as they were written, with their places. */
export interface Written {
  /** By kind and name: `integration.events`, `on.data.prices.updated#2`. */
  readonly blocks: ReadonlyMap<string, Node>
  /** The values of variables and locals, on which expressions of the run time may depend. */
  readonly constants: unknown
}
