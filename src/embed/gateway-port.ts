import type { PubSubClient } from '../client/pubsub-client.js'
import type { QueueClient } from '../client/queue-client.js'
import type { RpcClient } from '../client/rpc-client.js'
import type { Duration } from '../core/duration.js'
import type { GatewayEvents } from '../core/events.js'
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

/** The part of a gateway that sessions use. */
export interface GatewayPort {
  rpc(integration: string): RpcClient
  pubsub(integration: string): PubSubClient
  queue(integration: string): QueueClient
  server(integration: string): ServerPort
  readonly connections: {
    status(integration: string): object
    healthCheck(): Promise<object>
    reconnect(integration: string): Promise<void>
  }
  on<E extends keyof GatewayEvents>(event: E, listener: GatewayEvents[E]): () => void
  metrics(): {
    readonly integrations: Readonly<Record<string, { readonly type: string }>>
    readonly servers: Readonly<Record<string, { readonly type: string }>>
  }
  shutdown(options: { readonly timeout?: Duration }): Promise<void>
}
