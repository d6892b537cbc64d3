import type { MessagePort } from 'node:worker_threads'
import { sharedController } from '../core/abort.js'
import type { Clock, Timer } from '../core/clock.js'
import { Countdown } from '../core/countdown.js'
import type { GatewayReport } from '../core/events.js'
import type { LogRecord } from '../core/telemetry.js'
import type { AddressFactory } from '../mailbox/actor-address.js'
import type { Work } from '../mailbox/work.js'
import { type ActorPlan, addressedOf, childSpec } from './actor-plan.js'
import { BrokerChild } from './broker-child.js'
import type { Child } from './child.js'
import { IntegrationChild } from './integration-child.js'
import type { IntegrationDependencies } from './new-life.js'
import { reportOf } from './notice-report.js'
import { RouteLinks } from './route-links.js'
import type { Spawner } from './spawner.js'
import { Supervisor, type SupervisorOptions } from './supervisor.js'
import { ThreadPool } from './thread-pool.js'
import { threadSpawner } from './thread-spawner.js'
import { actorsOf, brokerPlan, groupsOf, type TreePlan } from './tree-plan.js'
import { type TreeChanges, TreeReload } from './tree-reload.js'
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
  readonly routes: RouteLinks
  readonly #integrations = new Map<string, IntegrationChild>()
  readonly #brokers = new Map<string, BrokerChild>()
  readonly #connect: AddressFactory
  readonly #clientIdPrefix: string
  readonly #dependencies: IntegrationDependencies
  readonly #over = sharedController()
  #supervisors: readonly Supervisor[]
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
    this.#connect = connect
    this.#clientIdPrefix = clientIdPrefix
    const actors = actorsOf(plan)
    this.routes = new RouteLinks(
      plan.routes,
      clientIdPrefix,
      (name) => this.#integrations.get(name)?.plan.supervision.poisonThreshold ?? Number.POSITIVE_INFINITY,
    )
    const dependencies: IntegrationDependencies = {
      clock,
      watchdog: new Watchdog(clock),
      zombies: this.#zombies,
      pool: this.#pool,
      dial: (peer, port, integration) => {
        if (peer === 'scripts') return serveScripts(port, integration)
        const broker = this.#brokers.get(peer.broker)
        if (broker === undefined) port.close()
        else broker.attach(port)
      },
      log: (record) => report({ kind: 'log', record }),
      routes: this.routes,
    }
    this.#dependencies = dependencies
    for (const broker of plan.brokers) this.#addBroker(broker)
    for (const actor of actors) this.#addActor(actor)
    this.#workers = [
      ...plan.brokers.map(({ manifest }) => workerFile(manifest)),
      ...actors.map(({ worker }) => worker),
    ]
    this.#supervisors = this.#wanted(plan).map(({ options, children }) => this.#supervisor(options, children))
  }

  /** Integrations and servers. */
  get integrations(): ReadonlyMap<string, IntegrationChild> {
    return this.#integrations
  }

  get brokers(): ReadonlyMap<string, BrokerChild> {
    return this.#brokers
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

  /**
   * Changes the tree to another plan, or not at all.
   * @param moved called when the traffic has moved, before what the plan no longer has is stopped
   * @returns when the predecessors have ended
   * @throws why an actor is not ready; then nothing has changed
   */
  async reload(plan: TreePlan, changes: TreeChanges, moved: () => Promise<void>): Promise<void> {
    const reload = new TreeReload(plan, changes, {
      clock: this.#clock,
      signal: this.#over.signal,
      integrations: this.#integrations,
      brokers: this.#brokers,
      routes: this.routes,
      supervisors: () => this.#supervisors,
      addActor: (actor) => this.#addActor(actor),
      addBroker: (broker) => this.#addBroker(broker),
      supervise: (child, options) => {
        const supervisor = this.#supervisor(options, [child])
        this.#supervisors = [...this.#supervisors, supervisor]
        return supervisor
      },
      regroup: () => this.#regroup(plan),
    })
    await reload.run(moved)
  }

  async #stop(countdown: Countdown, ms: number): Promise<void> {
    this.#over.abort()
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
    const ofBrokers = (supervisor: Supervisor) =>
      supervisor.children.some((child) => child instanceof BrokerChild)
    await this.#stopAll(
      this.#supervisors.filter((each) => !ofBrokers(each)),
      countdown,
    )
    await this.#stopAll(this.#supervisors.filter(ofBrokers), countdown)
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

  #supervisor(options: SupervisorOptions, children: readonly Child[]): Supervisor {
    return new Supervisor(options, children, this.#clock, this.#report)
  }

  /** The supervisors of a plan, in start order. */
  #wanted(
    plan: TreePlan,
  ): readonly { readonly options: SupervisorOptions; readonly children: readonly Child[] }[] {
    return groupsOf(plan).map(({ options, brokers, actors }) => ({
      options,
      children: [
        ...brokers.map((name) => this.#brokers.get(name)!),
        ...actors.map((name) => this.#integrations.get(name)!),
      ],
    }))
  }

  /** Moves running children to the supervisors that a plan has for them. */
  #regroup(plan: TreePlan): void {
    const current = [...this.#supervisors]
    this.#supervisors = this.#wanted(plan).map(({ options, children }) => {
      const known = current.findIndex((supervisor) => children.includes(supervisor.children[0]!))
      const supervisor = known === -1 ? this.#supervisor(options, []) : current.splice(known, 1)[0]!
      supervisor.configure(options)
      for (const other of [...this.#supervisors, ...current])
        for (const child of other.children)
          if (other !== supervisor && children.includes(child)) supervisor.take(other.release(child)!)
      supervisor.order(children)
      return supervisor
    })
  }

  #addBroker(broker: TreePlan['brokers'][number]): BrokerChild {
    const child = new BrokerChild(
      childSpec(broker.name, broker.supervision),
      brokerPlan(broker),
      this.#dependencies,
    )
    this.#brokers.set(broker.name, child)
    return child
  }

  #addActor(actor: ActorPlan): IntegrationChild {
    const { settings, supervision, worker } = actor
    const { name } = settings
    const address = this.#connect(addressedOf(actor), {
      notice: (notice) => {
        const child = this.#integrations.get(name)
        if (notice.kind === 'connection') child?.connectionChanged(notice, this.#clock.now())
        if (child !== undefined) this.#report(reportOf(name, notice))
      },
      poison: (entry, deaths, reason) =>
        this.#report({
          kind: 'message:dead',
          integration: name,
          queue: entry.target,
          reason: `it killed ${deaths} actors in a row; the last reason: ${reason}`,
          attempts: deaths,
          value: entry.value,
        }),
    })
    const child = new IntegrationChild(actor, `${this.#clientIdPrefix}-${name}`, address, this.#dependencies)
    if (supervision.warmSpares > 0) this.#pool.keepWarm(worker, supervision.warmSpares)
    this.#integrations.set(name, child)
    return child
  }

  #log(level: LogRecord['level'], message: string, integration: string, fields: object = {}): void {
    this.#report({ kind: 'log', record: { ...fields, level, message, integration } })
  }
}

/** How long an actor may take to stop, from the time that the shutdown has left. */
function graceOf(leftMs: number): number {
  return Math.max(leftMs, LEAST_GRACE_MS)
}
