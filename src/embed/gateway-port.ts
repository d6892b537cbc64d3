import type { PubSubClient } from '../client/pubsub-client.js'
import type { QueueClient } from '../client/queue-client.js'
import type { RpcClient } from '../client/rpc-client.js'
import type { Diagnostic } from '../core/diagnostic.js'
import type { Duration } from '../core/duration.js'
import type { GatewayEvents } from '../core/events.js'
import type { OperationLimits } from '../core/operation-options.js'
import type { Fingerprints, Plan, Proposal } from '../core/reload-plan.js'
import type { Headers } from '../core/value.js'

/** A request of a served method. */
export interface ServedCall {
  readonly method: string
  readonly headers: Headers
}

/** The part of an RPC server that sessions use. */
export interface ServerPort {
  register(method: string, handler: (params: unknown, call: ServedCall) => unknown): unknown
  serve(): Promise<void>
}

/** An update of a `data` block. */
export interface DataUpdate {
  readonly source: string
  readonly timestamp: number
  readonly value: unknown
  readonly kind: 'full' | 'partial' | 'append' | 'delete'
  readonly error?: Error
}

/** The part of a data source that sessions use. */
export interface DataPort extends AsyncIterable<DataUpdate> {
  readonly status: 'disconnected' | 'connecting' | 'connected' | 'error'
  readonly update: DataUpdate | undefined
  refresh(options: OperationLimits): Promise<DataUpdate | undefined>
}

/** The part of an action that sessions use. */
export interface ActionPort {
  run(trigger: unknown, options: OperationLimits | undefined): Promise<unknown>
}

/** The part of a configuration that sessions use. */
export interface ConfigurationPort {
  plan(
    path: string | undefined,
    variables: Readonly<Record<string, string>> | undefined,
  ): Promise<Proposal & { readonly diagnostics: readonly Diagnostic[] }>
  apply(
    path: string | undefined,
    variables: Readonly<Record<string, string>> | undefined,
    expected: Fingerprints | undefined,
  ): Promise<Plan>
}

/** The part of a gateway that sessions use. */
export interface GatewayPort {
  rpc(integration: string): RpcClient
  pubsub(integration: string): PubSubClient
  queue(integration: string): QueueClient
  server(integration: string): ServerPort
  data(name: string): DataPort
  action(name: string): ActionPort
  readonly connections: {
    status(integration: string): object
    healthCheck(): Promise<object>
    reconnect(integration: string): Promise<void>
  }
  readonly configuration: ConfigurationPort
  on<E extends keyof GatewayEvents>(event: E, listener: GatewayEvents[E]): () => void
  metrics(): {
    readonly integrations: Readonly<Record<string, { readonly type: string }>>
    readonly servers: Readonly<Record<string, { readonly type: string }>>
    readonly data: Readonly<Record<string, object>>
    readonly actions: Readonly<Record<string, object>>
  }
  shutdown(options: { readonly timeout?: Duration }): Promise<void>
}
