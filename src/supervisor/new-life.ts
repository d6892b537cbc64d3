import type { RecordableHistogram } from 'node:perf_hooks'
import type { MessagePort } from 'node:worker_threads'
import { type ChannelEnd, openChannel } from '../mailbox/channel.js'
import type { ActorControl, Peer, StartRoute } from '../mailbox/thread-messages.js'
import type { ActorPlan } from './actor-plan.js'
import { Life, type LifeDependencies } from './life.js'
import type { RouteLinks } from './route-links.js'
import type { ThreadPool } from './thread-pool.js'
import { transformFiles } from './transform-files.js'

export interface IntegrationDependencies extends LifeDependencies {
  readonly pool: ThreadPool
  /** Gives one end of a channel to a peer of an integration, or closes it if there is no such peer. */
  dial(peer: Peer, port: MessagePort, integration: string): void
  readonly routes: RouteLinks
}

/** A life of an actor that has not started. */
export interface NewLife {
  readonly life: Life<ActorControl>
  readonly clientId: string
  /** The end of the host. */
  readonly channel: ChannelEnd
  /** Resolves with the reason if it dies. */
  readonly death: Promise<string>
  /** Memory that outlives it. */
  readonly kept: SharedArrayBuffer | undefined
  /** The routes whose source it is. */
  readonly routes: readonly StartRoute[] | undefined
  /** Starts it. @throws what the start failed with */
  readonly send: () => Promise<void>
}

/** What all lives of a child have in common. */
export interface LifeParts {
  readonly clientId: string
  /** The first part of the ids of operations. */
  readonly idPrefix: string
  readonly latency: RecordableHistogram
  /** Memory that outlives the life. */
  readonly kept: SharedArrayBuffer | undefined
  died(life: Life<ActorControl>, reason: string): void
}

/** Makes a life with these settings, without starting it. */
export function makeLife(
  { settings, worker }: ActorPlan,
  dependencies: IntegrationDependencies,
  { clientId, idPrefix, latency, kept, died }: LifeParts,
): NewLife {
  const { pool, dial, routes } = dependencies
  const { heartbeatMs, limits, name } = settings
  const channel = openChannel()
  let reportDeath: (reason: string) => void = () => {}
  const death = new Promise<string>((resolve) => {
    reportDeath = resolve
  })
  const life = new Life<ActorControl>(
    name,
    pool.take(worker),
    dependencies,
    { heartbeatMs, memory: limits.memory },
    {
      dial: (peer, port) => dial(peer, port, name),
      died: (reason) => {
        reportDeath(reason)
        died(life, reason)
      },
    },
  )
  const startRoutes = routes.starting(name)
  const send = () =>
    life.start(
      (control, gauges) => ({
        kind: 'start-actor',
        settings,
        clientId,
        idPrefix,
        channel: channel.actor,
        control,
        gauges,
        latency,
        transformFiles: transformFiles(),
        ...(kept && { kept }),
        ...(startRoutes && { routes: startRoutes }),
      }),
      [channel.actor.port],
    )
  return { life, clientId, channel: channel.host, death, kept, routes: startRoutes, send }
}
