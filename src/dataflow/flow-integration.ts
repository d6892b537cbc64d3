import type { PubSubClient } from '../client/pubsub-client.js'
import type { QueueClient } from '../client/queue-client.js'
import type { QueueDependencies } from '../client/queue-dependencies.js'
import type { RpcClient } from '../client/rpc-client.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'

/** An integration as the data flow uses it. */
export interface FlowIntegration {
  readonly mail: IntegrationMail
  readonly rpc: RpcClient
  readonly pubsub: PubSubClient
  readonly queue: QueueClient
  /** What a consumer of its queues needs. */
  readonly consuming: QueueDependencies
}
