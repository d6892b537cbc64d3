import { resumes } from '../core/broker-session.js'
import type { Clock } from '../core/clock.js'
import { type ActorPlan, addressedOf, childSpec } from './actor-plan.js'
import type { BrokerChild } from './broker-child.js'
import type { Child } from './child.js'
import { graceOf } from './child-spec.js'
import {
  atMost,
  type Drained,
  endSources,
  type HandOverDependencies,
  type Prepared,
  prepare,
  replaceInTurn,
  startReady,
} from './hand-over.js'
import type { IntegrationChild } from './integration-child.js'
import type { RouteLinks } from './route-links.js'
import type { Supervisor, SupervisorOptions } from './supervisor.js'
import { actorsOf, brokerPlan, type TreePlan, withoutGroup } from './tree-plan.js'

/**
 * How an actor changes: `configure` leaves its life as it is, `overlap` starts the successor beside it, and `in-turn`
 * starts the successor when it has ended.
 */
export type ActorChange = 'create' | 'configure' | 'overlap' | 'in-turn' | 'remove'
export type BrokerChange = 'create' | 'in-turn' | 'remove'

/** What changes in a tree, by name. All others stay as they are. */
export interface TreeChanges {
  readonly actors: ReadonlyMap<string, ActorChange>
  readonly brokers: ReadonlyMap<string, BrokerChange>
}

/** The parts of a tree that a reload changes. */
export interface ReloadedTree {
  readonly clock: Clock
  /** Aborts when the gateway shuts down. */
  readonly signal: AbortSignal
  readonly integrations: Map<string, IntegrationChild>
  readonly brokers: Map<string, BrokerChild>
  readonly routes: RouteLinks
  supervisors(): readonly Supervisor[]
  addActor(plan: ActorPlan): IntegrationChild
  addBroker(plan: TreePlan['brokers'][number]): BrokerChild
  /** Adds a supervisor for a new child. */
  supervise(child: Child, options: SupervisorOptions): Supervisor
  /** Moves children to the supervisors of the new plan. */
  regroup(): void
}

/** Undoes a step that has succeeded. It must not reject. */
type Undo = () => Promise<unknown> | unknown

/** One reload of a tree. Everything that can fail comes first, and is undone if a later step fails. */
export class TreeReload {
  readonly #plan: TreePlan
  readonly #changes: TreeChanges
  readonly #tree: ReloadedTree
  readonly #actors: ReadonlyMap<string, ActorPlan>
  readonly #handOver: HandOverDependencies
  readonly #undo: Undo[] = []

  constructor(plan: TreePlan, changes: TreeChanges, tree: ReloadedTree) {
    this.#plan = plan
    this.#changes = changes
    this.#tree = tree
    this.#actors = new Map(actorsOf(plan).map((actor) => [actor.settings.name, actor]))
    this.#handOver = {
      clock: tree.clock,
      signal: tree.signal,
      // An integration that was renamed has the same sessions.
      isInherited: ({ session, settings: { name } }) =>
        [...this.#actors.values(), ...[...tree.integrations.values()].map(({ plan }) => plan)].some(
          (other) => other.settings.name !== name && resumes(session, other.session),
        ),
      sourcesOf: (name) =>
        tree.routes.routes.map(({ from }) => from).filter(({ integration }) => integration === name),
      replaced: (child) => this.#supervisorOf(child)?.replaced(child),
    }
  }

  /** @throws why it cannot be done; then everything is as before */
  async run(moved: () => Promise<void>): Promise<void> {
    const resume = await this.#pause()
    let drained: readonly Drained[] = []
    try {
      const prepared = await this.#prepareAll()
      drained = await Promise.all(prepared.map((each) => each.commit()))
      for (const name of this.#named('configure')) this.#configure(name)
      await moved()
      await Promise.all([...this.#named('remove')].map((name) => this.#removeActor(name)))
      for (const [name, change] of this.#changes.brokers)
        if (change === 'remove') await this.#removeBroker(name)
      if (!this.#tree.signal.aborted) this.#tree.regroup()
    } finally {
      for (const each of resume) each()
    }
    await Promise.all(drained.map((each) => each.drained))
  }

  async #prepareAll(): Promise<readonly Prepared[]> {
    const { routes } = this.#tree
    const earlier = routes.routes
    routes.update(this.#plan.routes)
    this.#undo.push(() => routes.update(earlier))
    try {
      for (const broker of this.#plan.brokers) await this.#changeBroker(broker)
      await this.#every([...this.#named('create')], (name) => this.#create(name))
      const prepared = await this.#every([...this.#named('overlap')], async (name) => {
        const successor = await prepare(this.#child(name), this.#actors.get(name)!, this.#handOver)
        this.#undo.push(() => successor.discard())
        return successor
      })
      for (const name of this.#named('in-turn')) await this.#replaceInTurn(name)
      return prepared
    } catch (error) {
      for (const undo of this.#undo.reverse()) await undo()
      throw error
    }
  }

  /** Does something for all concurrently. @throws the first error, when all have ended */
  async #every<T>(names: readonly string[], work: (name: string) => Promise<T>): Promise<readonly T[]> {
    const outcomes = await Promise.allSettled(names.map(work))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<T>).value)
  }

  async #create(name: string): Promise<void> {
    const plan = this.#actors.get(name)!
    const child = this.#tree.addActor(plan)
    const supervisor = this.#tree.supervise(child, withoutGroup(plan.supervision))
    this.#undo.push(async () => {
      await child.stop(0, this.#endsSessions(child))
      await supervisor.stop(0)
      supervisor.release(child)
      child.address.stop()
      this.#tree.integrations.delete(name)
    })
    await startReady(child, plan, this.#handOver, () => supervisor.start())
  }

  async #replaceInTurn(name: string): Promise<void> {
    const child = this.#child(name)
    const { plan } = child
    await replaceInTurn(child, this.#actors.get(name)!, this.#handOver)
    this.#undo.push(() => replaceInTurn(child, plan, this.#handOver).catch(() => {}))
  }

  async #changeBroker(broker: TreePlan['brokers'][number]): Promise<void> {
    const change = this.#changes.brokers.get(broker.name)
    if (change === 'create') {
      const child = this.#tree.addBroker(broker)
      const supervisor = this.#tree.supervise(child, withoutGroup(broker.supervision))
      this.#undo.push(async () => {
        await supervisor.stop(0)
        supervisor.release(child)
        this.#tree.brokers.delete(broker.name)
      })
      await supervisor.start()
    } else if (change === 'in-turn') {
      const child = this.#tree.brokers.get(broker.name)!
      const { spec, plan } = child
      const back = async () => {
        await child.stop()
        child.configure(spec, plan)
        await child.start().catch((error: Error) => child.onDeath?.(error.message))
        this.#supervisorOf(child)?.replaced(child)
      }
      await child.stop()
      child.configure(childSpec(broker.name, broker.supervision), brokerPlan(broker))
      this.#undo.push(back)
      await child.start()
      this.#supervisorOf(child)?.replaced(child)
    }
  }

  #configure(name: string): void {
    const plan = this.#actors.get(name)!
    const child = this.#child(name)
    child.configure(plan)
    child.address.configure(addressedOf(plan))
  }

  /** Settles what an actor has, and stops it. */
  async #removeActor(name: string): Promise<void> {
    const child = this.#child(name)
    const supervisor = this.#supervisorOf(child)
    const { address } = child
    const { plan } = child
    // Before the address is closed: then the actor leaves its sources with the broker, as for a new start.
    if (!this.#handOver.isInherited(plan)) await endSources(child, this.#tree)
    address.remove()
    const graceMs = graceOf(child.spec.shutdown)
    const { clock, signal } = this.#tree
    await atMost(clock, signal, graceMs, child.drainRoutes())
    await address.drained(graceMs)
    supervisor?.release(child)
    await child.stop(undefined, this.#endsSessions(child))
    address.stop()
    this.#tree.integrations.delete(name)
  }

  #endsSessions({ plan }: IntegrationChild): boolean {
    return plan.session !== undefined && !this.#handOver.isInherited(plan)
  }

  async #removeBroker(name: string): Promise<void> {
    const child = this.#tree.brokers.get(name)!
    this.#supervisorOf(child)?.release(child)
    await child.stop()
    this.#tree.brokers.delete(name)
  }

  /** Delays restarts of the children that change. */
  #pause(): Promise<readonly (() => void)[]> {
    const { actors, brokers } = this.#changes
    const changed = this.#tree
      .supervisors()
      .filter(({ children }) => children.some(({ spec: { id } }) => actors.has(id) || brokers.has(id)))
    return Promise.all(changed.map((supervisor) => supervisor.pause()))
  }

  *#named(change: ActorChange): Iterable<string> {
    for (const [name, each] of this.#changes.actors) if (each === change) yield name
  }

  #child(name: string): IntegrationChild {
    return this.#tree.integrations.get(name)!
  }

  #supervisorOf(child: Child): Supervisor | undefined {
    return this.#tree.supervisors().find(({ children }) => children.includes(child))
  }
}
