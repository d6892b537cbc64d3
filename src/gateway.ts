import type { MessagePort } from 'node:worker_threads'
import type { PubSubClient } from './client/pubsub-client.js'
import type { QueueClient } from './client/queue-client.js'
import type { RpcClient } from './client/rpc-client.js'
import type { GatewayConfig } from './config/gateway-config.js'
import { loadConfig } from './config/load.js'
import type { ConfigSource } from './config/options.js'
import { checkArgument, checkOptions, FUNCTION, unknownName } from './core/arguments.js'
import { systemClock } from './core/clock.js'
import type { Diagnostic } from './core/diagnostic.js'
import { type Duration, toMilliseconds } from './core/duration.js'
import { type GatewayEvents, type GatewayReport, LISTENED } from './core/events.js'
import { INSPECT } from './core/inspect.js'
import { systemRandom } from './core/random.js'
import type { BlockPlan } from './core/reload-plan.js'
import type { Action } from './dataflow/actions/action.js'
import type { DataSource } from './dataflow/data-source.js'
import type { DataFlow } from './dataflow/flow.js'
import { ClientSet } from './gateway-clients.js'
import { makeDataFlow } from './gateway-data-flow.js'
import { shownGateway } from './gateway-inspect.js'
import { type GatewayMetrics, gatewayMetrics } from './gateway-metrics.js'
import {
  type CheckedOptions,
  DEFAULT_SHUTDOWN_MS,
  type GatewayOptions,
  loadOptionsOf,
  RELOAD_OPTIONS,
  type ReloadOptions,
  SHUTDOWN_OPTIONS,
  START_OPTIONS,
} from './gateway-options.js'
import { ReloadableConfig } from './gateway-reload.js'
import { withSchemas } from './gateway-schemas.js'
import { makeScripts } from './gateway-scripts.js'
import { serveScripts } from './gateway-serving.js'
import { HandlerErrors } from './handler-errors.js'
import { ActorRef } from './ledger/actor-ref.js'
import type { AddressFactory } from './mailbox/actor-address.js'
import type { IntegrationMail } from './mailbox/integration-mail.js'
import { Turn } from './mailbox/turn.js'
import { Work } from './mailbox/work.js'
import { Reporter } from './reporter.js'
import { requireNode } from './runtime.js'
import type { Scripts } from './scripts/scripts.js'
import type { RpcServer } from './server/rpc-server.js'
import { ConnectionManager } from './supervisor/connection-manager.js'
import { SupervisionTree } from './supervisor/tree.js'

/** How long all deliveries together may take in one turn of the host's event loop. */
const TURN_BUDGET_MS = 2

/**
 * A running gateway, from which an application gets its clients. All methods may be called concurrently. After
 * `shutdown` every operation of every client rejects with ShutdownError.
 */
export class Gateway {
  /** The connections of all integrations and servers. */
  readonly connections: ConnectionManager
  readonly #tree: SupervisionTree
  readonly #clients: ClientSet
  readonly #reporter: Reporter
  readonly #handlerErrors: HandlerErrors
  readonly #flow: DataFlow
  readonly #scripts: Scripts
  /** @internal */ readonly configuration: ReloadableConfig
  #shutdown: Promise<void> | undefined
  #reportStopped = () => {}
  /** Resolves when a shutdown is over. @internal */
  readonly stopped = new Promise<void>((resolve) => {
    this.#reportStopped = resolve
  })

  /**
   * Starts a gateway. Resolves when every actor has acknowledged its start; connections are made in the background.
   * @param source the path of an HCL file or of a folder with HCL files, or an object of the same structure
   * @returns the running gateway; it keeps the process alive until `shutdown`
   * @throws ConfigError with every fault of the configuration; the error of an actor that failed to start, in which
   *   case all others have been stopped
   */
  static async start(source: ConfigSource, options: GatewayOptions = {}): Promise<Gateway> {
    checkOptions('Gateway.start', options, START_OPTIONS)
    const { config, warnings } = await loadConfig(source, loadOptionsOf(options))
    return Gateway.startChecked(config, warnings, { ...options, source })
  }

  /** Starts a gateway from a configuration that has been loaded and checked. @internal */
  static async startChecked(
    config: GatewayConfig,
    warnings: readonly Diagnostic[],
    options: CheckedOptions,
  ): Promise<Gateway> {
    requireNode(process.versions)
    const reporter = new Reporter(options.logger)
    reporter.warn(warnings)
    const gateway = new Gateway(await withSchemas(config, options.files?.note), reporter)
    gateway.configuration.readFrom(options.source, loadOptionsOf(options), options.files)
    await gateway.#scripts.start()
    try {
      await gateway.#tree.start()
    } catch (error) {
      await gateway.#scripts.close()
      throw error
    }
    gateway.#flow.start()
    serveScripts(config.servers, gateway.#scripts, gateway, reporter, () => gateway.#shutdown !== undefined)
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
    const observe = (report: GatewayReport) => {
      if (report.kind === 'connection:changed' || report.kind === 'actor:failed') this.connections.changed()
      reporter.report(report)
      this.#flow.observe(report)
    }
    const serve = (port: MessagePort, integration: string) => this.#scripts.serve(port, integration)
    this.#tree = new SupervisionTree(config, systemClock, connect, work, clientIdPrefix, observe, serve)
    const connection = (name: string) => this.connections.status(name).state
    this.#clients = new ClientSet({
      turn,
      work,
      mail: (name) => mails.get(name)!,
      handlerFailed: (name, of, error) => this.#handlerErrors.failed(name, of, error),
      log: (record) => reporter.log(record),
      builtIns: {
        integrations: () => this.configuration.current.integrations.map((each) => each.settings.name),
        connection,
        pubsub: (name) => this.pubsub(name),
        data: (name) => this.data(name),
      },
      prepareTransforms: (transforms, integration) => {
        this.#scripts.checkTransforms(transforms)
        this.#flow.joinFor(transforms, integration)
      },
    })
    for (const actor of [...config.integrations, ...config.servers]) this.#clients.add(actor)
    this.connections = new ConnectionManager(this.#tree.integrations, {
      clock: systemClock,
      restarts: (name) => this.#tree.restarts(name),
      shutdown: (options) => this.shutdown(options),
    })
    this.#scripts = makeScripts(config, this, reporter)
    this.#flow = makeDataFlow(config, this.#clients, connection, work, reporter, this.#scripts)
    this.configuration = new ReloadableConfig(config, reporter, {
      tree: this.#tree,
      flow: this.#flow,
      clients: this.#clients,
      scripts: this.#scripts,
      changed: () => this.connections.changed(),
    })
  }

  /**
   * Returns the client that calls methods of an integration.
   * @param integration the label of an `integration` block
   * @returns the same client each time; valid until the gateway shuts down
   * @throws ConfigError if there is none of that name
   */
  rpc(integration: string): RpcClient {
    return this.#clients.of('rpc', integration).rpc
  }

  /**
   * Returns the client that publishes and subscribes.
   * @param integration the label of an `integration` block
   * @returns the same client each time; valid until the gateway shuts down
   * @throws ConfigError if there is no integration of that name
   */
  pubsub(integration: string): PubSubClient {
    return this.#clients.of('pubsub', integration).pubsub
  }

  /**
   * Returns the client that sends to and consumes queues.
   * @param integration the label of an `integration` block
   * @returns the same client each time; valid until the gateway shuts down
   * @throws ConfigError if there is no integration of that name
   */
  queue(integration: string): QueueClient {
    return this.#clients.of('queue', integration).queue
  }

  /**
   * Returns the server of a `server` block or an integration.
   * @param integration the label of a `server` or `integration` block
   * @returns the same server each time; valid until the gateway shuts down
   * @throws ConfigError if there is none of that name
   */
  server(integration: string): RpcServer {
    return this.#clients.of('server', integration).server
  }

  /**
   * Returns the value of a `data` block (see docs/data.md).
   * @param name the label of its block
   * @returns the same object each time; after a shutdown its value stays
   * @throws ConfigError if there is none of that name
   */
  data<T = unknown>(name: string): DataSource<T> {
    return this.#flow.data(name) as DataSource<T>
  }

  /**
   * Returns an action of the configuration (see docs/actions.md).
   * @param name the label of its block
   * @returns the same object each time; valid until the gateway shuts down
   * @throws ConfigError if there is none of that name
   */
  action(name: string): Action {
    return this.#flow.action(name)
  }

  /**
   * Calls `listener` for each event of that name (see docs/events.md). An error that the listener throws is logged.
   * @param event the name of the event, or `log` for the lines of the log
   * @param listener called on this thread, with the fields of the event
   * @returns a function that removes the listener
   * @throws ConfigError for an unknown event
   */
  on<E extends keyof GatewayEvents>(event: E, listener: GatewayEvents[E]): () => void {
    if (!LISTENED.includes(event)) throw unknownName('on', 'event', event, LISTENED)
    checkArgument('on', 'listener', listener, FUNCTION)
    return this.#reporter.on(event, listener)
  }

  /**
   * Returns a snapshot of all metrics (see docs/metrics.md); costs no message. Never throws.
   * @returns the figures at this moment; later changes do not show in them
   */
  metrics(): GatewayMetrics {
    const errors = (name: string) => this.#handlerErrors.of(name)
    const zombies = this.#tree.zombies + this.#scripts.zombies
    return gatewayMetrics(this.#tree, errors, this.#flow.figures, zombies, this.configuration.figures)
  }

  /**
   * Reads the configuration again, and changes only what is not the same (see docs/reload.md). A changed integration gets
   * a successor that connects and opens all subscriptions before the traffic moves; all other actors keep their thread,
   * connections and messages. Reloads are done one at a time; of those that wait only the newest is done.
   * @param source a path or an object. Default: that of the start, or of the last reload
   * @param options.variables values for the `variable` blocks; default: those of the start
   * @param options.env what `env.X` reads; default: that of the start
   * @returns what was done with each block, when the earlier actors have settled what they had
   * @throws ConfigError with every fault of the configuration, or if an actor is not ready within its `ready_timeout`;
   *   then nothing has changed; ShutdownError
   */
  async reload(source?: ConfigSource, options: ReloadOptions = {}): Promise<readonly BlockPlan[]> {
    checkOptions('reload', options, RELOAD_OPTIONS)
    return this.configuration.reload(source, options)
  }

  /**
   * Shuts the gateway down in order, in these steps:
   *
   * 1. Data is no longer polled, and events start no more actions. Consumers, loops and servers take no more messages.
   *    Prefetched messages go back to the broker.
   * 2. Running handlers, actions and loop bodies end. They may still use the gateway.
   * 3. Accepted requests are settled. A request that is not settled in time rejects with ShutdownError.
   * 4. All actors stop. Subscriptions and consumers that outlive a connection stay with the broker.
   *
   * Afterwards the gateway does not keep the process alive. A second call resolves together with the first, and can
   * only shorten its time. Do not await it in a handler (of `register` or `each`) or in the body of a loop: step 2
   * waits for that code, so both would wait until the time-out.
   * @param options.timeout milliseconds or text such as `"2s"` for all steps together. Default 10 s, or that of an
   *   earlier call
   * @throws ConfigError for a wrong option; never rejects otherwise
   */
  async shutdown(options: { readonly timeout?: Duration } = {}): Promise<void> {
    checkOptions('shutdown', options, SHUTDOWN_OPTIONS)
    const { timeout = this.#shutdown === undefined ? DEFAULT_SHUTDOWN_MS : undefined } = options
    this.configuration.stop()
    this.#flow.stop()
    if (timeout !== undefined) this.#shutdown = this.#stop(toMilliseconds(timeout, 'timeout'))
    this.connections.changed()
    return this.#shutdown
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownGateway(this.metrics(), this.#shutdown !== undefined)
  }

  async #stop(timeoutMs: number): Promise<void> {
    await this.#tree.stop(timeoutMs)
    await this.#scripts.close()
    this.#flow.end()
    this.#reportStopped()
  }
}
