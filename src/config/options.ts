import type { ActionBlock } from './types/action.js'
import type { BrokerBlock } from './types/broker.js'
import type { DataBlock } from './types/data.js'
import type { IntegrationBlock } from './types/integration.js'
import type { OnBlock } from './types/on.js'
import type { RouteBlock } from './types/route.js'
import type { ScriptBlock } from './types/script.js'
import type { ServerBlock } from './types/server.js'
import type { SupervisorBlock } from './types/supervisor.js'
import type { VariableBlock } from './types/variable.js'

/**
 * A configuration as an object. It has the shape and the names of the HCL, with blocks keyed by their label.
 * Strings are templates as in a file: `${var.x}`, `${local.x}` and `${env.X}` are replaced, and `$${` is a literal
 * `${`.
 */
export interface ConfigObject {
  /** Values that are given from outside: `var.NAME`. */
  readonly variables?: { readonly [name: string]: VariableBlock }
  /** Values that other attributes use by `local.NAME`. */
  readonly locals?: { readonly [name: string]: unknown }
  /** Connections to services and brokers, by the names that `gateway.rpc`, `pubsub` and `queue` take. */
  readonly integrations?: { readonly [name: string]: IntegrationBlock }
  /** Groups of integrations that are restarted together. */
  readonly supervisors?: { readonly [name: string]: SupervisorBlock }
  /** Brokers inside the process, each in a separate thread. */
  readonly brokers?: { readonly [name: string]: BrokerBlock }
  /** Listeners of the gateway, by the names that `gateway.server` takes. */
  readonly servers?: { readonly [name: string]: ServerBlock }
  /** Values that stay up to date, by the names that `gateway.data` takes. */
  readonly data?: { readonly [name: string]: DataBlock }
  /** What the gateway can do, by the names that `gateway.action` takes. */
  readonly actions?: { readonly [name: string]: ActionBlock }
  /** Actions that run for events, by the events: one block, or a list for several. */
  readonly on?: { readonly [event: string]: OnBlock | readonly OnBlock[] }
  /** Scripts, whose functions are handlers of methods and actions. */
  readonly scripts?: { readonly [name: string]: ScriptBlock }
  /** Routes from one integration to another. */
  readonly routes?: { readonly [name: string]: RouteBlock }
}

/** A configuration: the path of an HCL file or of a folder with `*.hcl` files, or an object. */
export type ConfigSource = string | ConfigObject
