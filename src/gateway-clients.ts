import { PubSubClient } from './client/pubsub-client.js'
import { QueueClient } from './client/queue-client.js'
import type { QueueDependencies } from './client/queue-dependencies.js'
import { RpcClient } from './client/rpc-client.js'
import { readTransformOption } from './config/transform-option.js'
import type { IntegrationSettings } from './core/settings/integration.js'
import type { TransformSettings } from './core/settings/transform.js'
import type { Logger } from './core/telemetry.js'
import type { IntegrationMail } from './mailbox/integration-mail.js'
import type { Turn } from './mailbox/turn.js'
import type { Work } from './mailbox/work.js'
import type { BuiltIns } from './server/built-ins.js'
import { RpcServer } from './server/rpc-server.js'
import { Formats } from './wire/formats.js'

/** The clients of one integration. */
export interface Clients {
  readonly rpc: RpcClient
  readonly pubsub: PubSubClient
  readonly queue: QueueClient
  readonly server: RpcServer
  readonly mail: IntegrationMail
  /** What a consumer of its queues needs. */
  readonly consuming: QueueDependencies
  /** Takes the settings of a successor. */
  configure(settings: IntegrationSettings): void
}

/** @param joinFor sends the `data` that transforms of a subscription join to their integration */
export function makeClients(
  settings: IntegrationSettings,
  mail: IntegrationMail,
  turn: Turn,
  work: Work,
  handlerFailed: (of: string, error: unknown) => void,
  log: Logger,
  builtIns: BuiltIns | undefined,
  joinFor: (transforms: readonly TransformSettings[], integration: string) => void,
): Clients {
  let formats = new Formats(settings)
  const decoder = (format: string | undefined) => (bytes: Uint8Array) => formats.of(format).decode(bytes)
  const readTransforms = (given: unknown, integration: string) => {
    const transforms = readTransformOption(given, integration)
    joinFor(transforms, integration)
    return transforms
  }
  const consuming = { mail, turn, work, decoder, handlerFailed }
  return {
    mail,
    consuming,
    configure: (next) => {
      formats = new Formats(next)
    },
    rpc: new RpcClient(mail),
    pubsub: new PubSubClient({ mail, turn, work, decoder, readTransforms }),
    queue: new QueueClient(consuming),
    server: new RpcServer(mail, work, handlerFailed, log, builtIns),
  }
}
