import type { Authentication } from '../core/adapter/authentication.js'
import { type Clock, sleep, type Timer } from '../core/clock.js'
import type { Connection } from './connection.js'
import type { Health } from './health.js'
import type { Operations } from './operations.js'
import type { Outbox } from './outbox.js'
import type { ActorRoutes } from './routes/actor-routes.js'
import type { PendingRequests } from './service-source.js'
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
  /** Stops delivering and gives back what the application has not seen. */
  detached(): Promise<void>
}

/** Runs one step of an ending, for a limited time: the connection ends what the broker has not ended by then. */
export async function endingStep(clock: Clock, step: Promise<unknown> | undefined): Promise<void> {
  await Promise.race([step, sleep(clock, STEP_TIMEOUT_MS)])
}

/** Stops an actor: settles for `graceMs` what it has accepted, then disconnects. */
export async function stopActor(parts: StoppedParts, graceMs: number): Promise<void> {
  const { clock, routes, operations, pending, outbox } = parts
  parts.chaos?.cancel()
  parts.health.stop()
  await endingStep(clock, parts.detached())
  const settled = [routes?.drain(), operations.drained(), pending.drained()]
  await Promise.race([Promise.all(settled), sleep(clock, graceMs)])
  await endingStep(clock, routes?.close())
  await endingStep(clock, parts.unsettled?.returnAll())
  operations.stop()
  await parts.connection.stop()
  parts.authentication?.close()
  outbox.flush()
  parts.heartbeat.cancel()
}
