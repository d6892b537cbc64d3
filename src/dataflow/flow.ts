import { unknownName } from '../core/arguments.js'
import type { Clock } from '../core/clock.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { GatewayReport } from '../core/events.js'
import type { ActionSettings } from '../core/settings/action.js'
import type { DataSettings } from '../core/settings/data.js'
import type { RouteSettings } from '../core/settings/route.js'
import type { TriggerSettings } from '../core/settings/trigger.js'
import type { ConnectionState } from '../core/status.js'
import type { Logger } from '../core/telemetry.js'
import { messageOf } from '../mailbox/error-codec.js'
import type { Work } from '../mailbox/work.js'
import { Action, type ActionFigures } from './actions/action.js'
import type { CallScript } from './actions/run.js'
import { ActionRunner } from './actions/runner.js'
import { ConnectionEvents } from './connection-events.js'
import type { DataFigures, DataSource } from './data-source.js'
import { FlowEvents } from './events.js'
import type { Feed } from './feeds/feed.js'
import { filledData } from './feeds/feed-of.js'
import { JoinSender } from './feeds/join-sender.js'
import type { FlowIntegration } from './flow-integration.js'
import { Trigger, type TriggerFigures } from './triggers/trigger.js'
import { emitUpdate } from './update-events.js'

/** The blocks of the data flow. */
export interface FlowSettings {
  readonly data: readonly DataSettings[]
  readonly actions: readonly ActionSettings[]
  readonly triggers: readonly TriggerSettings[]
  readonly routes: readonly RouteSettings[]
}

/** What the data flow needs from the gateway. */
export interface FlowDependencies {
  readonly clock: Clock
  /** Returns a number in `[0, 1)`. */
  readonly random: () => number
  readonly work: Work
  readonly log: Logger
  readonly report: (report: GatewayReport) => void
  readonly callScript: CallScript
  integration(name: string): FlowIntegration
  connection(integration: string): ConnectionState
}

/** What sends the values of a `data` block to the actor of an integration. */
interface Join {
  readonly integration: string
  readonly sender: JoinSender
}

/** The figures of the data flow by the names of the blocks. */
export interface FlowFigures {
  readonly data: Readonly<Record<string, DataFigures>>
  readonly actions: Readonly<Record<string, ActionFigures>>
  readonly triggers: Readonly<Record<string, TriggerFigures>>
}

/** The blocks `data`, `action` and `on` of a gateway. */
export class DataFlow {
  readonly #parts: FlowDependencies
  readonly #events = new FlowEvents()
  readonly #connections: ConnectionEvents
  readonly #sources = new Map<string, DataSource>()
  /** The values of all data by name, as expressions see them. */
  readonly #values: Record<string, unknown> = {}
  readonly #feeds: readonly { readonly settings: DataSettings; readonly feed: Feed }[]
  readonly #runner: ActionRunner
  readonly #actions: ReadonlyMap<string, Action>
  /** What sends the values of each `data` block to the actors whose transforms join it. */
  readonly #joins: ReadonlyMap<string, readonly Join[]>
  readonly #triggers: readonly Trigger[]
  #isStopped = false

  constructor({ data, actions, triggers, routes }: FlowSettings, parts: FlowDependencies) {
    this.#parts = parts
    const { clock, log, callScript } = parts
    this.#connections = new ConnectionEvents(this.#events, () => clock.now())
    this.#runner = new ActionRunner(actions, {
      clock,
      log,
      callScript,
      events: this.#events,
      data: this.#values,
      integration: (name) => parts.integration(name),
      failed: (action, error) => this.#actionFailed(action, error),
    })
    this.#actions = new Map(
      actions.map(({ name }) => [
        name,
        new Action(name, (action, trigger, limits) => this.#runner.run(action, trigger, limits)),
      ]),
    )
    this.#feeds = data.map((settings) => ({ settings, feed: this.#fill(settings) }))
    this.#joins = this.#makeJoins(data, routes)
    this.#triggers = triggers.map((settings) => this.#makeTrigger(settings))
    parts.work.add(this.#runner)
  }

  /** Starts to fill the data. */
  start(): void {
    for (const { feed } of this.#feeds) feed.start()
  }

  /**
   * Stops everything that begins something: polls, retries and triggers. Runs in progress and messages that have
   * arrived are finished: see `Work`.
   */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    for (const { feed } of this.#feeds) feed.stop()
    for (const trigger of this.#triggers) trigger.stop()
  }

  /** Ends the readers of all data, when nothing more can arrive. */
  end(): void {
    for (const source of this.#sources.values()) source.end()
  }

  /** @throws ConfigError if there is no `data` block of that name */
  data(name: string): DataSource {
    const source = this.#sources.get(name)
    if (source !== undefined) return source
    throw unknownName('data', 'data', name, this.#sources.keys())
  }

  /** @throws ConfigError if there is no `action` block of that name */
  action(name: string): Action {
    const action = this.#actions.get(name)
    if (action !== undefined) return action
    throw unknownName('action', 'action', name, this.#actions.keys())
  }

  get figures(): FlowFigures {
    const each = <T>(items: Iterable<readonly [string, T]>) => Object.fromEntries(items)
    return {
      data: each([...this.#sources].map(([name, source]) => [name, source.figures] as const)),
      actions: each([...this.#runner.names].map((name) => [name, this.#runner.figures(name)] as const)),
      triggers: each(this.#triggers.map((trigger) => [trigger.name, trigger.figures] as const)),
    }
  }

  /** Takes what the gateway reports about integrations and breakers. Never throws. */
  observe(report: GatewayReport): void {
    const connected = this.#connections.observe(report)
    if (connected === undefined || this.#isStopped) return
    for (const { settings, feed } of this.#feeds) if (settings.integration === connected) feed.poke()
    // A new life of the actor has none of the values that its routes join.
    for (const { integration, sender } of [...this.#joins.values()].flat())
      if (integration === connected) sender.changed()
  }

  #fill(settings: DataSettings): Feed {
    const { clock, random, integration, connection } = this.#parts
    const { name, integration: of } = settings
    const { source, feed } = filledData(settings, {
      clock,
      random,
      data: this.#values,
      integration: () => integration(of),
      connection: () => connection(of),
      updated: (update, previous, hops) => {
        for (const join of this.#joins.get(name) ?? []) join.sender.changed()
        emitUpdate(this.#events, update, previous, hops)
        // Others may wait for the first value.
        if (previous === undefined && !this.#isStopped) for (const other of this.#feeds) other.feed.poke()
      },
      failed: (error, isNew) => this.#dataFailed(name, error, isNew),
    })
    this.#sources.set(name, source)
    Object.defineProperty(this.#values, name, { enumerable: true, get: () => source.value })
    return feed
  }

  #makeJoins(
    data: readonly DataSettings[],
    routes: readonly RouteSettings[],
  ): ReadonlyMap<string, readonly Join[]> {
    const targets = new Map<string, Set<string>>()
    const ofRoutes = routes.map(({ from: { integration }, transforms }) => ({ integration, transforms }))
    for (const { integration, transforms } of [...data, ...ofRoutes])
      for (const transform of transforms)
        if (transform.type === 'join')
          targets.set(transform.with, (targets.get(transform.with) ?? new Set()).add(integration))
    return new Map(
      [...targets].map(([name, integrations]) => [
        name,
        [...integrations].map((integration) => ({
          integration,
          sender: new JoinSender(
            name,
            () => this.#parts.integration(integration).mail,
            () => this.#values[name],
          ),
        })),
      ]),
    )
  }

  #makeTrigger(settings: TriggerSettings): Trigger {
    const trigger = new Trigger(settings, {
      clock: this.#parts.clock,
      data: this.#values,
      run: (action, { trigger: given, hops }, signal) => this.#runner.run(action, given, { signal }, hops),
      conditionFailed: (name, error, isNew) => {
        if (!isNew) return
        const message = `the condition of on "${name}" failed`
        this.#parts.log({ level: 'warn', message, error: messageOf(error) })
      },
    })
    this.#events.on(settings.event, (event) => trigger.offer(event))
    return trigger
  }

  #dataFailed(data: string, error: Error, isNew: boolean): void {
    if (!isNew || error instanceof ShutdownError) return
    this.#parts.report({ kind: 'data:failed', data, ...faultOf(error) })
  }

  #actionFailed(action: string, error: Error): void {
    if (error instanceof ShutdownError) return
    this.#parts.report({ kind: 'action:failed', action, ...faultOf(error) })
  }
}

function faultOf(error: Error): { readonly error: string; readonly reason: string } {
  const { kind } = error as { readonly kind?: unknown }
  return { error: typeof kind === 'string' ? kind : 'unknown', reason: messageOf(error) }
}
