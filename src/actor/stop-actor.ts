import type { Authentication } from '../core/adapter/authentication.js'
import type { LeftSession, ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import { type Clock, sleep, type Timer } from '../core/clock.js'
import type { RouteSourceSettings } from '../core/settings/route.js'
import type { StopOptions } from '../mailbox/thread-messages.js'
import { barrier } from './barrier.js'
import type { Connection } from './connection.js'
import type { Health } from './health.js'
import type { Operations } from './operations.js'
import type { Outbox } from './outbox.js'
import type { Receivers } from './receivers.js'
import type { ActorRoutes } from './routes/actor-routes.js'
import type { PendingRequests } from './service-source.js'
import type { Source } from './source.js'
import type { Sources } from './sources.js'
import type { UnsettledDeliveries } from './unsettled.js'

/** How long a broker may take for each step that ends something there before we disconnect. */
const STEP_TIMEOUT_MS = 500

/** The parts of an actor that end. */
export interface StoppedParts {
  readonly clock: Clock
  readonly chaos: Timer | undefined
  readonly heartbeat: Timer
  readonly health: Health
  readonly routes: ActorRoutes | undefined
  readonly operations: Operations
  readonly pending: PendingRequests
  readonly unsettled: UnsettledDeliveries | undefined
  readonly connection: Connection
  readonly authentication: Authentication | undefined
  readonly outbox: Outbox
  readonly adapter: ProtocolAdapter
  readonly sources: Sources
  readonly receivers: Receivers | undefined
  /** Stops delivering and gives back what the application has not seen. */
  detached(): Promise<void>
}

/** Runs one step of an ending, for a limited time: the connection ends what the broker has not ended by then. */
export async function endingStep(clock: Clock, step: Promise<unknown> | undefined): Promise<void> {
  await Promise.race([step, sleep(clock, STEP_TIMEOUT_MS)])
}

/**
 * Ends all sources in favour of a successor, after the host has received what the broker had sent, or after `withinMs`.
 * @param resumed the routes whose sources stay with the broker, as those of the host do, because the successor resumes
 *   its session; absent if it does not
 */
export async function finishActor(
  parts: StoppedParts,
  withinMs: number,
  resumed: readonly RouteSourceSettings[] | undefined,
): Promise<void> {
  const { clock, adapter, sources, receivers, outbox } = parts
  const ready = () => barrier(adapter, clock)
  const finish = async () => {
    if (resumed === undefined) return Promise.all([receivers?.closeAll(), sources.finishAll(ready)])
    await sources.finishAll(
      ready,
      (source) => source.isKept === true && !resumed.some((each) => isOf(each, source)),
    )
    return parts.detached()
  }
  await Promise.race([finish(), sleep(clock, withinMs)])
  outbox.flush()
}

const VERBS = { topic: 'subscribe', queue: 'consume', method: 'serve' } as const

function isOf({ kind, target }: RouteSourceSettings, source: Source): boolean {
  return VERBS[kind] === source.verb && target === source.target
}

/** Stops an actor: settles for `graceMs` what it has accepted, then disconnects. @returns what it has left at the broker */
export async function stopActor(
  parts: StoppedParts,
  graceMs: number,
  { isReplaced = false, endsSessions = false }: StopOptions = {},
): Promise<readonly LeftSession[]> {
  const { clock, routes, operations, pending, unsettled, outbox } = parts
  parts.chaos?.cancel()
  parts.health.stop()
  await endingStep(clock, parts.detached())
  const settled = [routes?.drain(), operations.drained(), pending.drained()]
  if (isReplaced) settled.push(unsettled?.drained())
  await Promise.race([Promise.all(settled), sleep(clock, graceMs)])
  await endingStep(clock, routes?.close())
  await endingStep(clock, unsettled?.returnAll())
  operations.stop()
  await parts.connection.stop(endsSessions)
  parts.authentication?.close()
  outbox.flush()
  parts.heartbeat.cancel()
  return parts.adapter.left?.() ?? []
}
