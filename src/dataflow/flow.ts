import { unknownName } from '../core/arguments.js'
import type { Clock } from '../core/clock.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import { SerializeError } from '../core/errors/operation.js'
import type { DeadMessage, GatewayReport } from '../core/events.js'
import type { ActionSettings } from '../core/settings/action.js'
import type { DataSettings } from '../core/settings/data.js'
import type { RouteSettings } from '../core/settings/route.js'
import type { TransformSettings } from '../core/settings/transform.js'
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
import type { FlowIntegration } from './flow-integration.js'
import type { Hops } from './hops.js'
import { Joins } from './joins.js'
import type { TriggerFigures } from './triggers/trigger.js'
import { Triggers } from './triggers/triggers.js'
import type { Update } from './update.js'
import { emitUpdate } from './update-events.js'

/** The blocks of the data flow. */
export interface FlowSettings {
  readonly data: readonly DataSettings[]
  readonly actions: readonly ActionSettings[]
  readonly triggers: readonly TriggerSettings[]
  /** Routes, whose transforms may join data. */
  readonly routes?: readonly Pick<RouteSettings, 'from' | 'transforms'>[]
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

/** The figures of the data flow by the names of the blocks. */
export interface FlowFigures {
  readonly data: Readonly<Record<string, DataFigures>>
  readonly actions: Readonly<Record<string, ActionFigures>>
  readonly triggers: Readonly<Record<string, TriggerFigures>>
}

/** A `data` block and what fills it. */
interface Fed {
  readonly settings: DataSettings
  readonly feed: Feed
}

/** The blocks `data`, `action` and `on` of a gateway. */
export class DataFlow {
  readonly #parts: FlowDependencies
  readonly #events = new FlowEvents()
  readonly #connections: ConnectionEvents
  readonly #sources = new Map<string, DataSource>()
  /** The values of all data by name, as expressions see them. */
  readonly #values: Record<string, unknown> = {}
  #feeds: readonly Fed[]
  readonly #runner: ActionRunner
  #actions: ReadonlyMap<string, Action>
  readonly #joins: Joins
  readonly #triggers: Triggers
  #isStopped = false

  constructor({ data, actions, triggers, routes = [] }: FlowSettings, parts: FlowDependencies) {
    this.#parts = parts
    const { clock, log, callScript } = parts
    this.#connections = new ConnectionEvents(this.#events, () => clock.now())
    this.#joins = new Joins(this.#values, (name) => parts.integration(name).mail)
    this.#runner = new ActionRunner(actions, {
      clock,
      log,
      callScript,
      events: this.#events,
      data: this.#values,
      integration: (name) => parts.integration(name),
      failed: (action, error) => this.#actionFailed(action, error),
    })
    this.#actions = new Map(actions.map(({ name }) => [name, this.#action(name)]))
    this.#feeds = data.map((settings) => ({ settings, feed: this.#fill(settings) }))
    for (const { integration, transforms } of data) this.#joins.addAll(transforms, integration)
    for (const { from, transforms } of routes) this.#joins.addAll(transforms, from.integration)
    this.#triggers = new Triggers(triggers, this.#events, {
      clock,
      data: this.#values,
      bind: (action) => {
        const run = this.#runner.bind(action)
        return ({ trigger, hops }, signal) => run(trigger, { signal }, hops)
      },
      conditionFailed: (name, error, isNew) => {
        if (!isNew) return
        const message = `the condition of on "${name}" failed`
        log({ level: 'warn', message, error: messageOf(error) })
      },
    })
    parts.work.add(this.#runner)
  }

  /** Starts to fill the data. */
  start(): void {
    for (const { feed } of this.#feeds) feed.start()
  }

  /**
   * Takes other blocks. Data that stays keeps its value and its readers; only changed data is filled again. Runs in
   * progress go on, and events that wait for a run get it.
   * @param isChanged whether a block is new or not the same as before
   * @param isRemoved whether an integration is gone
   */
  async reload(
    { data, actions, triggers, routes = [] }: FlowSettings,
    isChanged: (kind: 'data' | 'on', name: string) => boolean,
    isRemoved: (integration: string) => boolean,
  ): Promise<void> {
    if (this.#isStopped) return
    const stays = ({ settings: { name } }: Fed) =>
      data.some((each) => each.name === name) && !isChanged('data', name)
    const ended = this.#feeds.filter((each) => !stays(each))
    for (const { feed } of ended) feed.stop()
    const kept = new Map(this.#feeds.filter(stays).map((each) => [each.settings.name, each]))
    const filled = data.map((settings) => kept.get(settings.name) ?? { settings, feed: this.#fill(settings) })
    this.#feeds = filled
    this.#runner.update(actions)
    this.#actions = new Map(actions.map(({ name }) => [name, this.#actions.get(name) ?? this.#action(name)]))
    for (const { integration, transforms } of data) this.#joins.addAll(transforms, integration)
    for (const { from, transforms } of routes) this.#joins.addAll(transforms, from.integration)
    this.#triggers.reload(triggers, (name) => isChanged('on', name))
    // The new sources open while the earlier ones end, so that no message is missed.
    for (const each of filled) if (!kept.has(each.settings.name)) each.feed.start()
    await Promise.all(ended.map(({ feed }) => feed.close()))
    for (const [name, source] of this.#sources) {
      if (data.some((each) => each.name === name)) continue
      source.end()
      this.#sources.delete(name)
      this.#joins.remove(name)
      delete this.#values[name]
    }
    this.#joins.removeIntegrations(isRemoved)
  }

  /**
   * Stops everything that begins something: polls, retries and triggers. Runs in progress and messages that have
   * arrived are finished: see `Work`.
   */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    for (const { feed } of this.#feeds) feed.stop()
    this.#triggers.stop()
    this.#runner.stop()
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

  /**
   * Sends the `data` blocks that the transforms of a subscription join to its integration.
   * @throws ConfigError if there is no such `data`
   */
  joinFor(transforms: readonly TransformSettings[], integration: string): void {
    const joins = transforms.filter((each) => each.type === 'join')
    for (const { with: name } of joins)
      if (!this.#sources.has(name))
        throw unknownName('subscribe: option "transform"', 'data', name, this.#sources.keys())
    for (const { with: name } of joins) {
      const sender = this.#joins.add(name, integration)
      if (this.#values[name] !== undefined) sender.changed()
    }
  }

  get figures(): FlowFigures {
    const each = <T>(items: Iterable<readonly [string, T]>) => Object.fromEntries(items)
    return {
      data: each([...this.#sources].map(([name, source]) => [name, source.figures] as const)),
      actions: each([...this.#runner.names].map((name) => [name, this.#runner.figures(name)] as const)),
      triggers: this.#triggers.figures,
    }
  }

  /** Takes what the gateway reports about integrations and breakers. Never throws. */
  observe(report: GatewayReport): void {
    if (report.kind === 'message:dead' && report.route === undefined) this.#deadLettered(report)
    const connected = this.#connections.observe(report)
    if (connected === undefined || this.#isStopped) return
    this.#joins.connected(connected)
    for (const { settings, feed } of this.#feeds) if (settings.integration === connected) feed.poke()
  }

  /**
   * Sets the error of `data` when a message of its queue dies. The actor dead-letters a message that cannot be decoded or
   * transformed, so that it never reaches this thread.
   */
  #deadLettered({ integration, queue, reason, bytes }: DeadMessage): void {
    // A message to be sent is reported without bytes. It was not in the queue yet.
    if (bytes === undefined) return
    for (const { settings } of this.#feeds) {
      if (settings.type !== 'queue' || settings.integration !== integration || settings.queue !== queue)
        continue
      const source = this.#sources.get(settings.name)!
      const error = new SerializeError(reason, { integration })
      this.#dataFailed(settings.name, error, source.fail(error))
    }
  }

  #fill(settings: DataSettings): Feed {
    const { clock, random, integration, connection } = this.#parts
    const { name, integration: of } = settings
    const parts = {
      clock,
      random,
      data: this.#values,
      integration: () => integration(of),
      connection: () => connection(of),
      updated: (update: Update, previous: unknown, hops: Hops) => {
        this.#joins.changed(name)
        emitUpdate(this.#events, update, previous, hops)
        // Others may wait for the first value.
        if (previous === undefined && !this.#isStopped) for (const other of this.#feeds) other.feed.poke()
      },
      failed: (error: Error, isNew: boolean) => this.#dataFailed(name, error, isNew),
    }
    const { source, feed } = filledData(settings, parts, this.#sources.get(name))
    this.#sources.set(name, source)
    Object.defineProperty(this.#values, name, {
      enumerable: true,
      configurable: true,
      get: () => source.value,
    })
    return feed
  }

  #action(name: string): Action {
    return new Action(name, (...run) => this.#runner.run(...run))
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
