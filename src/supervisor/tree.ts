import type { MessagePort } from 'node:worker_threads'
import type { Clock, Timer } from '../core/clock.js'
import { Countdown } from '../core/countdown.js'
import type { GatewayReport } from '../core/events.js'
import type { ConnectionFault } from '../core/status.js'
import type { LogRecord } from '../core/telemetry.js'
import type { AddressFactory } from '../mailbox/actor-address.js'
import type { ErrorRecord } from '../mailbox/error-codec.js'
import type { ActorNotice } from '../mailbox/protocol.js'
import type { Work } from '../mailbox/work.js'
import { BrokerChild } from './broker-child.js'
import type { Child } from './child.js'
import { IntegrationChild, type IntegrationDependencies } from './integration-child.js'
import { RouteLinks } from './route-links.js'
import type { Spawner } from './spawner.js'
import { Supervisor, type SupervisorOptions } from './supervisor.js'
import { ThreadPool } from './thread-pool.js'
import { threadSpawner } from './thread-spawner.js'
import { type ActorPlan, actorsOf, childSpec, type TreePlan, withoutGroup } from './tree-plan.js'
import { Watchdog } from './watchdog.js'
import { workerFile } from './worker-file.js'
import { Zombies } from './zombies.js'

/** Milliseconds that an actor always has to disconnect from its broker in order. */
const LEAST_GRACE_MS = 1_000

/**
 * All supervisors of a gateway: one for each group, and one for each child without a group. Embedded brokers start
 * before the integrations that may use them, and stop after them.
 */
export class SupervisionTree {
  /** Integrations and servers. */
  readonly integrations: ReadonlyMap<string, IntegrationChild>
  readonly brokers: ReadonlyMap<string, BrokerChild>
  readonly routes: RouteLinks
  readonly #supervisors: readonly Supervisor[]
  readonly #pool: ThreadPool
  readonly #zombies: Zombies
  readonly #workers: readonly URL[]
  readonly #clock: Clock
  readonly #work: Pick<Work, 'isBusy' | 'idle'>
  readonly #report: (report: GatewayReport) => void
  #ending: { readonly countdown: Countdown; readonly stopped: Promise<void> } | undefined
  /** Shortens the time of the children that are stopping; undefined while none is. */
  #shorten: ((ms: number) => void) | undefined

  constructor(
    plan: TreePlan,
    clock: Clock,
    connect: AddressFactory,
    work: Pick<Work, 'isBusy' | 'idle'>,
    clientIdPrefix: string,
    report: (report: GatewayReport) => void,
    serveScripts: (port: MessagePort, integration: string) => void = (port) => port.close(),
    spawner: Spawner = threadSpawner,
  ) {
    this.#clock = clock
    this.#work = work
    this.#report = report
    this.#pool = new ThreadPool(spawner)
    this.#zombies = new Zombies(clock, (id, threadId) =>
      this.#log(
        'warn',
        'a terminated thread is stuck in a native call; its successor does not wait for it',
        id,
        { threadId },
      ),
    )
    const actors = actorsOf(plan)
    this.routes = new RouteLinks(
      plan.routes,
      clientIdPrefix,
      (name) =>
        actors.find(({ settings }) => settings.name === name)?.supervision.poisonThreshold ??
        Number.POSITIVE_INFINITY,
    )
    const dependencies: IntegrationDependencies = {
      clock,
      watchdog: new Watchdog(clock),
      zombies: this.#zombies,
      pool: this.#pool,
      dial: (peer, port, integration) => {
        if (peer === 'scripts') return serveScripts(port, integration)
        const broker = this.brokers.get(peer.broker)
        if (broker === undefined) port.close()
        else broker.attach(port)
      },
      log: (record) => report({ kind: 'log', record }),
      routes: this.routes,
    }
    this.brokers = new Map(
      plan.brokers.map(({ name, listen, heartbeatMs, memory, supervision, manifest }) => [
        name,
        new BrokerChild(
          childSpec(name, supervision),
          { name, type: manifest.type, worker: workerFile(manifest), listen, heartbeatMs, memory },
          dependencies,
        ),
      ]),
    )
    this.integrations = new Map(
      actors.map(({ settings, supervision, worker, protocol, keptBytes }) => {
        const { name } = settings
        const { poisonThreshold } = supervision
        const address = connect(
          { settings, protocol, poisonThreshold, keepsSession: keptBytes > 0 },
          {
            notice: (notice) => this.#notice(name, notice),
            poison: (entry, deaths, reason) =>
              report({
                kind: 'message:dead',
                integration: name,
                queue: entry.target,
                reason: `it killed ${deaths} actors in a row; the last reason: ${reason}`,
                attempts: deaths,
                value: entry.value,
              }),
          },
        )
        const child = new IntegrationChild(
          childSpec(name, supervision),
          settings,
          worker,
          `${clientIdPrefix}-${name}`,
          address,
          dependencies,
          keptBytes,
        )
        if (supervision.warmSpares > 0) this.#pool.keepWarm(worker, supervision.warmSpares)
        return [name, child]
      }),
    )
    this.#workers = [
      ...plan.brokers.map(({ manifest }) => workerFile(manifest)),
      ...actors.map(({ worker }) => worker),
    ]
    this.#supervisors = this.#makeSupervisors(plan, actors, clock)
  }

  /** Threads that were replaced and have not ended. */
  get zombies(): number {
    return this.#zombies.count
  }

  restarts(name: string): number {
    return this.#supervisors.reduce((sum, supervisor) => sum + supervisor.restarts(name), 0)
  }

  /** Starts all children in order. @throws what a child failed with; then all others have been stopped */
  async start(): Promise<void> {
    // Loading takes most of the time, so all threads load at once.
    for (const worker of this.#workers) this.#pool.prepare(worker)
    try {
      for (const supervisor of this.#supervisors) await supervisor.start()
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  /**
   * Stops all children: stops taking messages from brokers, waits for running handlers, settles accepted requests, then
   * stops integrations and servers concurrently, and embedded brokers last. Never rejects. A second call can only
   * shorten the time.
   * @param ms for all steps together; stopping children have at least `LEAST_GRACE_MS`
   */
  stop(ms: number): Promise<void> {
    if (this.#ending === undefined) {
      const countdown = new Countdown(this.#clock, ms)
      this.#ending = { countdown, stopped: this.#stop(countdown, ms) }
    } else if (this.#ending.countdown.shorten(ms)) this.#shorten?.(graceOf(ms))
    return this.#ending.stopped
  }

  async #stop(countdown: Countdown, ms: number): Promise<void> {
    const addresses = [...this.integrations.values()].map(({ address }) => address)
    for (const address of addresses) address.startDraining()
    if (ms === 0 || !this.#work.isBusy) for (const address of addresses) address.closeIntake()
    const routed = Promise.all([...this.integrations.values()].map((child) => child.drainRoutes()))
    await this.#work.idle(countdown)
    for (const address of addresses) address.closeIntake()
    if (countdown.left > 0) {
      const drained = Promise.all(addresses.map((address) => address.drained(countdown.left)))
      await Promise.race([Promise.all([drained, routed]), countdown.over])
    }
    for (const address of addresses) address.abandon()
    this.#pool.close()
    const brokers = this.brokers.size
    await this.#stopAll(this.#supervisors.slice(brokers), countdown)
    await this.#stopAll(this.#supervisors.slice(0, brokers), countdown)
    countdown.cancel()
    for (const address of addresses) address.stop()
  }

  /** Stops supervisors concurrently. `#shorten` may set an earlier time at which their children are ended. */
  async #stopAll(supervisors: readonly Supervisor[], { left }: Countdown): Promise<void> {
    let timer: Timer | undefined
    this.#shorten = (ms) => {
      timer?.cancel()
      timer = this.#clock.setTimer(ms, () => {
        // A child that is stopping ends at once when `stop` is called again.
        for (const { children } of supervisors) for (const child of children) void child.stop(0)
      })
    }
    await Promise.all([...supervisors].reverse().map((supervisor) => supervisor.stop(graceOf(left))))
    this.#shorten = undefined
    timer?.cancel()
  }

  #makeSupervisors(plan: TreePlan, actors: readonly ActorPlan[], clock: Clock): Supervisor[] {
    const supervise = (options: SupervisorOptions, children: readonly Child[]) =>
      new Supervisor(options, children, clock, this.#report)
    const brokers = plan.brokers.map(({ name, supervision }) =>
      supervise(withoutGroup(supervision), [this.brokers.get(name)!]),
    )
    const groups = new Set<string>()
    const integrations = actors.flatMap(({ settings, supervision }) => {
      const group = plan.supervisors.find(({ name }) => name === supervision.group)
      if (group === undefined)
        return [supervise(withoutGroup(supervision), [this.integrations.get(settings.name)!])]
      // A group takes the place of its first member in the start order.
      if (groups.has(group.name)) return []
      groups.add(group.name)
      const members = actors.filter((other) => other.supervision.group === group.name)
      const { strategy, maxRestarts, withinMs } = group
      const options = { ...withoutGroup(supervision), strategy, intensity: maxRestarts, periodMs: withinMs }
      return [
        supervise(
          options,
          members.map((member) => this.integrations.get(member.settings.name)!),
        ),
      ]
    })
    return [...brokers, ...integrations]
  }

  #notice(integration: string, notice: Exclude<ActorNotice, { kind: 'source-ended' | 'dropped' }>): void {
    switch (notice.kind) {
      case 'connection': {
        const { state, attempt, reason, listening, error } = notice
        const child = this.integrations.get(integration)!
        child.listening = listening
        if (error !== undefined) child.lastError = faultOf(error, this.#clock.now())
        return this.#report({
          kind: 'connection:changed',
          integration,
          state,
          attempt,
          ...(reason !== undefined && { reason }),
          ...(listening !== undefined && { listening }),
        })
      }
      case 'breaker':
        return this.#report({ kind: 'breaker:changed', integration, state: notice.state })
      case 'gap': {
        const { topic, lost, reason } = notice
        return this.#report({ kind: 'subscription:gap', integration, topic, lost, reason })
      }
      case 'refused': {
        const { kind: _, ...refusal } = notice
        return this.#report({ kind: 'server:refused', server: integration, ...refusal })
      }
      case 'dead-letter': {
        const { queue, reason, attempts, bytes, route } = notice
        const of = route !== undefined && { route }
        return this.#report({ kind: 'message:dead', integration, ...of, queue, reason, attempts, bytes })
      }
    }
  }

  #log(level: LogRecord['level'], message: string, integration: string, fields: object = {}): void {
    this.#report({ kind: 'log', record: { ...fields, level, message, integration } })
  }
}

/** How long an actor may take to stop, from the time that the shutdown has left. */
function graceOf(leftMs: number): number {
  return Math.max(leftMs, LEAST_GRACE_MS)
}

function faultOf({ message, fields }: ErrorRecord, at: number): ConnectionFault {
  const kind = typeof fields.kind === 'string' ? (fields.kind as ConnectionFault['kind']) : 'connection'
  return { kind, message, at }
}
