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
import { JoinSender } from './feeds/join-sender.js'
import type { FlowIntegration } from './flow-integration.js'
import { Trigger, type TriggerFigures } from './triggers/trigger.js'
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
  readonly #joins = new Map<string, Map<string, JoinSender>>()
  readonly #triggers: readonly Trigger[]
  #isStopped = false

  constructor({ data, actions, triggers, routes = [] }: FlowSettings, parts: FlowDependencies) {
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
      actions.map(({ name }) => [name, new Action(name, (...run) => this.#runner.run(...run))]),
    )
    this.#feeds = data.map((settings) => ({ settings, feed: this.#fill(settings) }))
    for (const { integration, transforms } of data) this.#joinAll(transforms, integration)
    for (const { from, transforms } of routes) this.#joinAll(transforms, from.integration)
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
      const sender = this.#join(name, integration)
      if (this.#values[name] !== undefined) sender.changed()
    }
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
    if (report.kind === 'message:dead' && report.route === undefined) this.#deadLettered(report)
    const connected = this.#connections.observe(report)
    if (connected === undefined || this.#isStopped) return
    // A new life of the actor has no values yet.
    for (const [name, senders] of this.#joins)
      if (this.#values[name] !== undefined) senders.get(connected)?.changed()
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
    const { source, feed } = filledData(settings, {
      clock,
      random,
      data: this.#values,
      integration: () => integration(of),
      connection: () => connection(of),
      updated: (update, previous, hops) => {
        for (const join of this.#joins.get(name)?.values() ?? []) join.changed()
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

  #joinAll(transforms: readonly TransformSettings[], integration: string): void {
    for (const transform of transforms) if (transform.type === 'join') this.#join(transform.with, integration)
  }

  /** Sends the values of a `data` block to the actor of an integration from now on. */
  #join(name: string, integration: string): JoinSender {
    const senders = this.#joins.get(name) ?? new Map<string, JoinSender>()
    this.#joins.set(name, senders)
    const known = senders.get(integration)
    if (known !== undefined) return known
    const sender = new JoinSender(
      name,
      () => this.#parts.integration(integration).mail,
      () => this.#values[name],
    )
    senders.set(integration, sender)
    return sender
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
