import { PubSubClient } from './client/pubsub-client.js'
import { QueueClient } from './client/queue-client.js'
import type { QueueDependencies } from './client/queue-dependencies.js'
import { RpcClient } from './client/rpc-client.js'
import type { IntegrationConfig, ServerConfig } from './config/gateway-config.js'
import { readTransformOption } from './config/transform-option.js'
import { unknownName } from './core/arguments.js'
import type { IntegrationSettings } from './core/settings/integration.js'
import type { TransformSettings } from './core/settings/transform.js'
import type { LogRecord } from './core/telemetry.js'
import { type BuiltInPorts, builtInsOf } from './gateway-built-ins.js'
import type { IntegrationMail } from './mailbox/integration-mail.js'
import type { Turn } from './mailbox/turn.js'
import type { Work } from './mailbox/work.js'
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

/** What the clients of all integrations share. */
export interface ClientParts {
  readonly turn: Turn
  readonly work: Work
  readonly builtIns: BuiltInPorts
  mail(integration: string): IntegrationMail
  handlerFailed(integration: string, of: string, error: unknown): void
  log(record: LogRecord): void
  /** Checks the transforms of a subscription, and sends the `data` that they join to their integration. */
  prepareTransforms(transforms: readonly TransformSettings[], integration: string): void
}

/** Makes and keeps the clients of a gateway. */
export class ClientSet {
  readonly #parts: ClientParts
  readonly #clients = new Map<string, Clients>()

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  /** Makes the clients of a new integration or server. */
  add(actor: IntegrationConfig | ServerConfig): void {
    this.#clients.set(actor.settings.name, makeClients(actor, this.#parts))
  }

  get(integration: string): Clients | undefined {
    return this.#clients.get(integration)
  }

  /** Forgets the clients of an integration or a server that is gone. */
  delete(integration: string): void {
    this.#clients.delete(integration)
  }

  /** Returns the clients that a method of the gateway asks for. @throws ConfigError if there are none of that name */
  of(method: string, integration: string): Clients {
    const clients = this.#clients.get(integration)
    if (clients !== undefined) return clients
    throw unknownName(method, 'integration or server', integration, this.#clients.keys())
  }
}

function makeClients(actor: IntegrationConfig | ServerConfig, parts: ClientParts): Clients {
  const { turn, work, log } = parts
  const { name } = actor.settings
  const mail = parts.mail(name)
  const builtIns = 'handlers' in actor ? builtInsOf(actor, mail, parts.builtIns) : undefined
  const handlerFailed = (of: string, error: unknown) => parts.handlerFailed(name, of, error)
  let formats = new Formats(actor.settings)
  const decoder = (format: string | undefined) => (bytes: Uint8Array) => formats.of(format).decode(bytes)
  const readTransforms = (given: unknown, integration: string) => {
    const transforms = readTransformOption(given, integration)
    parts.prepareTransforms(transforms, integration)
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
