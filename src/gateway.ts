import type { PubSubClient } from './client/pubsub-client.js'
import type { QueueClient } from './client/queue-client.js'
import type { RpcClient } from './client/rpc-client.js'
import type { GatewayConfig } from './config/gateway-config.js'
import { loadConfig } from './config/load.js'
import type { ConfigSource } from './config/options.js'
import {
  checkArgument,
  checkOptions,
  DURATION,
  type Expected,
  FUNCTION,
  RECORD,
  unknownName,
} from './core/arguments.js'
import { systemClock } from './core/clock.js'
import type { Diagnostic } from './core/diagnostic.js'
import { type Duration, toMilliseconds } from './core/duration.js'
import { type GatewayEvents, LISTENED } from './core/events.js'
import { INSPECT } from './core/inspect.js'
import { systemRandom } from './core/random.js'
import type { LogSink } from './core/telemetry.js'
import { type Clients, makeClients } from './gateway-clients.js'
import { shownGateway } from './gateway-inspect.js'
import { type GatewayMetrics, gatewayMetrics } from './gateway-metrics.js'
import { withSchemas } from './gateway-schemas.js'
import { HandlerErrors } from './handler-errors.js'
import { ActorRef } from './ledger/actor-ref.js'
import type { AddressFactory } from './mailbox/actor-address.js'
import type { IntegrationMail } from './mailbox/integration-mail.js'
import { Turn } from './mailbox/turn.js'
import { Work } from './mailbox/work.js'
import { isLogSink, Reporter } from './reporter.js'
import { requireNode } from './runtime.js'
import type { RpcServer } from './server/rpc-server.js'
import { ConnectionManager } from './supervisor/connection-manager.js'
import { SupervisionTree } from './supervisor/tree.js'

export interface GatewayOptions {
  /** Values for the `variable` blocks. */
  readonly variables?: Readonly<Record<string, unknown>>
  /** What `env.X` reads; the environment of the process when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * Where log lines go; nowhere when absent. A function gets each record; an object with methods `debug`, `info`,
   * `warn` and `error` is called with the message and the fields (`console`, winston), or the fields and the message
   * (pino, bunyan). A logger that throws, rejects or is slow does not disturb the gateway.
   */
  readonly logger?: LogSink
}

/** How much of one turn of the host's event loop all deliveries together may take. */
const TURN_BUDGET_MS = 2
const DEFAULT_SHUTDOWN_MS = 10_000
const LOGGER: Expected = {
  what: 'a function, or an object with methods such as "info" and "warn"',
  is: isLogSink,
}
const START_OPTIONS = { variables: RECORD, env: RECORD, logger: LOGGER } as const
const SHUTDOWN_OPTIONS = { timeout: DURATION } as const

/**
 * A running gateway: the composition root. It hands out clients, which know nothing of it. All methods may be
 * called concurrently; after `shutdown` every operation rejects with ShutdownError.
 */
export class Gateway {
  readonly connections: ConnectionManager
  readonly #tree: SupervisionTree
  readonly #clients = new Map<string, Clients>()
  readonly #reporter: Reporter
  readonly #handlerErrors: HandlerErrors
  #shutdown: Promise<void> | undefined

  /**
   * Starts a gateway from an HCL file, a folder of them, or an object of the same shape. Resolves when every
   * actor has acknowledged its start; connections are made in the background.
   * @throws ConfigError with every fault of the configuration; what a child failed to start with, in which case
   *   those started before it have been stopped
   */
  static async start(source: ConfigSource, options: GatewayOptions = {}): Promise<Gateway> {
    checkOptions('Gateway.start', options, START_OPTIONS)
    const { variables, env } = options
    const { config, warnings } = await loadConfig(source, {
      ...(variables && { variables }),
      ...(env && { env }),
    })
    return Gateway.startChecked(config, warnings, options)
  }

  /** Starts what was read and checked before. @internal */
  static async startChecked(
    config: GatewayConfig,
    warnings: readonly Diagnostic[],
    options: Pick<GatewayOptions, 'logger'>,
  ): Promise<Gateway> {
    requireNode(process.versions)
    const reporter = new Reporter(options.logger)
    for (const { severity: _, ...warning } of warnings) reporter.write({ ...warning, level: 'warn' })
    const gateway = new Gateway(await withSchemas(config), reporter)
    await gateway.#tree.start()
    return gateway
  }

  private constructor(config: GatewayConfig, reporter: Reporter) {
    this.#reporter = reporter
    this.#handlerErrors = new HandlerErrors(reporter)
    const turn = new Turn(systemClock, TURN_BUDGET_MS)
    const clientIdPrefix = `nemo-${systemRandom.bytes(6).toString('hex')}`
    const mails = new Map<string, IntegrationMail>()
    const connect: AddressFactory = (actor, events) => {
      const ref = new ActorRef(actor, systemClock, turn, events)
      mails.set(ref.name, ref)
      return ref
    }
    const work = new Work(systemClock)
    this.#tree = new SupervisionTree(config, systemClock, connect, work, clientIdPrefix, (report) => {
      if (report.kind === 'connection:changed' || report.kind === 'actor:failed') this.connections.changed()
      reporter.report(report)
    })
    for (const { settings } of [...config.integrations, ...config.servers]) {
      const { name } = settings
      const handlerFailed = (of: string, error: unknown) => this.#handlerErrors.failed(name, of, error)
      this.#clients.set(name, makeClients(settings, mails.get(name)!, turn, work, handlerFailed))
    }
    this.connections = new ConnectionManager(this.#tree.integrations, {
      clock: systemClock,
      restarts: (name) => this.#tree.restarts(name),
      shutdown: (options) => this.shutdown(options),
    })
  }

  /** @throws ConfigError when there is no integration of that name */
  rpc(integration: string): RpcClient {
    return this.#of('rpc', integration).rpc
  }

  /** @throws ConfigError when there is no integration of that name */
  pubsub(integration: string): PubSubClient {
    return this.#of('pubsub', integration).pubsub
  }

  /** @throws ConfigError when there is no integration of that name */
  queue(integration: string): QueueClient {
    return this.#of('queue', integration).queue
  }

  /** Serves methods by a `server` block, or over an integration. @throws ConfigError when there is neither of that name */
  server(integration: string): RpcServer {
    return this.#of('server', integration).server
  }

  /** Calls `listener` at each event of that name. @returns a function that ends it. @throws ConfigError for an unknown event */
  on<E extends keyof GatewayEvents>(event: E, listener: GatewayEvents[E]): () => void {
    if (!LISTENED.includes(event)) throw unknownName('on', 'event', event, LISTENED)
    checkArgument('on', 'listener', listener, FUNCTION)
    return this.#reporter.on(event, listener)
  }

  /** The gateway at this moment; costs no message. */
  metrics(): GatewayMetrics {
    return gatewayMetrics(this.#tree, (name) => this.#handlerErrors.of(name))
  }

  /**
   * Ends in order. Consumers, loops and servers take nothing more; what was prefetched goes back at once. Handlers and
   * loop bodies that run end, may use the gateway meanwhile, and their settlements leave. Then what was accepted is
   * settled and everything stops. What is not settled in time rejects with ShutdownError. Subscriptions and consumers
   * that outlive a connection stay with the broker. Afterwards nothing keeps the process alive. Called again it resolves
   * with the first call, sooner if its time-out is over sooner. Do not await it in a handler (of `register` or `each`)
   * or the body of a loop: the shutdown waits for that to end, so both wait for each other until the time-out.
   * @param options.timeout for all of it together. Default 10 s, or the one that was given before.
   * @throws ConfigError for options that are not what they should be, and nothing else
   */
  shutdown(options: { readonly timeout?: Duration } = {}): Promise<void> {
    try {
      checkOptions('shutdown', options, SHUTDOWN_OPTIONS)
    } catch (error) {
      return Promise.reject(error)
    }
    const { timeout = this.#shutdown === undefined ? DEFAULT_SHUTDOWN_MS : undefined } = options
    if (timeout !== undefined) this.#shutdown = this.#tree.stop(toMilliseconds(timeout, 'timeout'))
    this.connections.changed()
    return this.#shutdown!
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownGateway(this.metrics(), this.#shutdown !== undefined)
  }

  #of(method: string, integration: string): Clients {
    const clients = this.#clients.get(integration)
    if (clients !== undefined) return clients
    throw unknownName(method, 'integration or server', integration, this.#clients.keys())
  }
}
