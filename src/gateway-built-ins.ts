import type { PubSubClient } from './client/pubsub-client.js'
import type { ServerConfig } from './config/gateway-config.js'
import { FEED_METHOD, type FeedRequest, READY_METHOD } from './core/internal-methods.js'
import type { ConnectionState } from './core/status.js'
import type { IntegrationMail } from './mailbox/integration-mail.js'
import type { RpcHandler } from './router/rpc-routes.js'
import type { BuiltIns } from './server/built-ins.js'
import { type FeedData, Feeds } from './server/feeds.js'

/** What the built-in methods of servers ask of the gateway. */
export interface BuiltInPorts {
  /** The names of all integrations. */
  integrations(): readonly string[]
  connection(integration: string): ConnectionState
  pubsub(integration: string): PubSubClient
  data(name: string): FeedData
}

/** Makes the built-in methods of a server; `undefined` for a protocol that has none. */
export function builtInsOf(
  { settings, requires, expose }: ServerConfig,
  mail: IntegrationMail,
  ports: BuiltInPorts,
): BuiltIns | undefined {
  if (settings.type !== 'json-rpc') return undefined
  const missing = () =>
    (requires ?? ports.integrations())
      .filter((name) => ports.connection(name) !== 'connected')
      .map((name) => `the integration "${name}" is not connected`)
  const methods = new Map<string, RpcHandler>([[READY_METHOD, missing]])
  if (expose !== undefined) {
    const feeds = new Feeds(expose, {
      data: (name) => ports.data(name),
      subscribe: (integration, topic) =>
        ports.pubsub(integration).subscribe(topic, { overflow: 'drop-oldest' }),
      send: (key, value, headers) => mail.request('publish', key, value, { headers }),
    })
    methods.set(FEED_METHOD, (request) => feeds.handle(request as FeedRequest))
  }
  return { methods, discover: settings.config.discover === true }
}
