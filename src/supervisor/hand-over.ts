import { onAbort, sharedController } from '../core/abort.js'
import { resumes } from '../core/broker-session.js'
import { type Clock, sleep } from '../core/clock.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { RouteSourceSettings } from '../core/settings/route.js'
import type { PredecessorAddress } from '../mailbox/actor-address.js'
import type { ActorControl } from '../mailbox/thread-messages.js'
import { type ActorPlan, addressedOf, childSpec } from './actor-plan.js'
import { graceOf } from './child-spec.js'
import { LEAST_STOP_MS } from './drains.js'
import type { IntegrationChild } from './integration-child.js'
import type { Life } from './life.js'
import type { NewLife } from './new-life.js'
import { ReadyLimit } from './ready-limit.js'

/** How long an actor may answer after the time that it has been given, in milliseconds. */
const ANSWER_MS = 1_000
/** How long sources that were opened while other actors got ready may take to open, in milliseconds. */
const LATE_SOURCES_MS = 1_000
/** Part of the errors of requests that a predecessor has not settled. */
const REPLACED = 'it was replaced'

/** What a change of an actor needs. */
export interface HandOverDependencies {
  readonly clock: Clock
  /** Aborts when the gateway shuts down. */
  readonly signal: AbortSignal
  /** Whether another actor, now or with the configuration that is to come, resumes the sessions of this one. */
  isInherited(plan: ActorPlan): boolean
  /** The sources of the routes from an actor, with the configuration that is to come. */
  sourcesOf(actor: string): readonly RouteSourceSettings[]
  /** Called when the successor is the current life, so that its supervisor takes its deaths for those of the child. */
  replaced(child: IntegrationChild): void
}

/** A successor that is connected and has all sources open, beside the current life. */
export interface Prepared {
  /** Moves the traffic. Resolves when later requests go to the successor; never rejects. */
  commit(): Promise<Drained>
  /** Ends the successor. Resolves when it has ended; never rejects. */
  discard(): Promise<void>
}

/** The rest of a hand-over. */
export interface Drained {
  /** Resolves when the predecessor has settled what it had, and has ended. Never rejects. */
  readonly drained: Promise<void>
}

/**
 * Starts a successor. Resolves when it is connected and has opened all sources of the host.
 * @param options.isDistinct whether it is beside the current life
 * @param options.endsSessions whether its sessions at the broker end if it is not ready
 * @throws why it is not ready in time; then it has ended, and nothing has changed
 */
export async function prepare(
  child: IntegrationChild,
  plan: ActorPlan,
  parts: HandOverDependencies,
  { isDistinct = child.life !== undefined, endsSessions = plan.session !== undefined } = {},
): Promise<Prepared> {
  const begun = child.newLife(plan, isDistinct)
  const { life, channel } = begun
  const graceMs = graceOf(childSpec('', plan.supervision).shutdown) + (endsSessions ? LEAST_STOP_MS : 0)
  const stop = () => life.stop(graceMs, (control) => control.stop(0, { endsSessions }))
  const limit = new ReadyLimit(plan, begun, parts)
  const beganAt = parts.clock.monotonic()
  try {
    await limit.within('start', begun.send())
    const successor = child.address.prepare(channel, life.gauges, addressedOf(plan))
    let startMs = 0
    try {
      await limit.connected(() => successor.fault)
      startMs = parts.clock.monotonic() - beganAt
      await limit.within('open the subscriptions', successor.opened())
      await limit.within('open the routes', life.control.routesOpened())
    } catch (error) {
      successor.discard()
      throw error
    }
    return {
      commit: async () => {
        await atMost(parts.clock, parts.signal, LATE_SOURCES_MS, successor.opened())
        const predecessor = successor.commit()
        const endsSessions = child.plan.session?.isKept === true && !parts.isInherited(child.plan)
        const earlier = child.replaceLife(begun, plan, startMs)
        parts.replaced(child)
        return finish(child, begun, { earlier, predecessor, endsSessions }, parts)
      },
      discard: async () => {
        successor.discard()
        await stop()
      },
    }
  } catch (error) {
    channel.port.close()
    await stop()
    throw error
  } finally {
    limit.end()
  }
}

/** The life that a successor has replaced. */
interface Replaced {
  readonly earlier: Life<ActorControl> | undefined
  readonly predecessor: PredecessorAddress
  /** Whether to end the sessions that the broker keeps for it. */
  readonly endsSessions: boolean
}

/** Lets the predecessor deliver and settle what it has. Resolves when the successor gets the requests. */
async function finish(
  child: IntegrationChild,
  begun: NewLife,
  { earlier, predecessor, endsSessions }: Replaced,
  { clock, signal }: HandOverDependencies,
): Promise<Drained> {
  const drainMs = drainMsOf(child)
  // If it dies meanwhile, nobody settles what it has.
  void earlier?.ended.then(() => predecessor.end(REPLACED))
  // What it has cannot be settled without a connection, so its successor gets it at once.
  const canSettle = earlier?.isRunning === true && earlier.gauges.connection === 'connected'
  const finished = async () => {
    if (canSettle) {
      await atMost(clock, signal, drainMs + ANSWER_MS, earlier.control.finish(drainMs))
      await atMost(clock, signal, drainMs, earlier.control.drainRoutes())
    }
    child.join(begun)
    predecessor.finished()
  }
  const ordered = async () => {
    if (canSettle) await atMost(clock, signal, drainMs, predecessor.ordered(drainMs))
    else predecessor.end(REPLACED)
    predecessor.release()
  }
  await Promise.all([finished(), ordered()])
  const end = async () => {
    if (earlier !== undefined) await child.drain(earlier, canSettle ? drainMs : 0, endsSessions)
    predecessor.end(REPLACED)
  }
  return { drained: end() }
}

/** How long a predecessor may deliver and settle what it has, in milliseconds. */
function drainMsOf({ plan: { supervision }, settings }: IntegrationChild): number {
  return Math.max(supervision.shutdownMs, settings.timeoutMs)
}

/**
 * Stops the current life, and starts a successor in its place. Resolves when it is connected and has opened all sources.
 * @throws why it is not ready in time; then the earlier settings run again
 */
export async function replaceInTurn(
  child: IntegrationChild,
  plan: ActorPlan,
  parts: HandOverDependencies,
): Promise<void> {
  const before = child.plan
  const endsSessions = plan.session !== undefined && !resumes(before.session, plan.session)
  await withdraw(child, plan, parts)
  try {
    if (parts.signal.aborted) throw new ShutdownError({ integration: plan.settings.name })
    const own = endsSessions && !parts.isInherited(plan)
    const successor = await prepare(child, plan, parts, { isDistinct: false, endsSessions: own })
    await (await successor.commit()).drained
  } catch (error) {
    const isResumed = resumes(child.plan.session, before.session)
    child.address.withdraw(addressedOf(before), isResumed).end('its successor was not ready')
    child.configure(before, !isResumed)
    await child.start().catch((failed: Error) => child.onDeath?.(failed.message))
    parts.replaced(child)
    throw error
  }
}

/** Ends what an actor without a successor has open. A broker with a session of it would keep messages for nobody. */
export async function endSources(
  child: IntegrationChild,
  { clock, signal }: Pick<HandOverDependencies, 'clock' | 'signal'>,
): Promise<void> {
  const { life } = child
  if (life?.isRunning !== true || life.gauges.connection !== 'connected') return
  const drainMs = drainMsOf(child)
  await atMost(clock, signal, drainMs + ANSWER_MS, life.control.finish(drainMs))
}

/** Starts a new child. Resolves when it is connected. @throws why it is not ready in time */
export async function startReady(
  child: IntegrationChild,
  plan: ActorPlan,
  parts: HandOverDependencies,
  start: () => Promise<void>,
): Promise<void> {
  if (parts.signal.aborted) throw new ShutdownError({ integration: plan.settings.name })
  await start()
  const { life } = child
  if (life === undefined) throw new ShutdownError({ integration: plan.settings.name })
  const limit = new ReadyLimit(plan, { life, death: new Promise(() => {}) }, parts)
  try {
    await limit.connected(() => child.address.connectionFault)
    await limit.within('open the routes', life.control.routesOpened())
  } finally {
    limit.end()
  }
}

/** Ends the current life after it has settled what it has. Later requests wait for the next one. */
async function withdraw(
  child: IntegrationChild,
  plan: ActorPlan,
  { clock, signal, isInherited, sourcesOf }: HandOverDependencies,
): Promise<void> {
  const drainMs = drainMsOf(child)
  const isResumed = resumes(child.plan.session, plan.session)
  const endsSessions = !isResumed && !isInherited(child.plan)
  const predecessor = child.address.withdraw(addressedOf(plan), isResumed)
  const earlier = child.endLife()
  if (earlier !== undefined) {
    if (earlier.isRunning && earlier.gauges.connection === 'connected') {
      // It may serve a method that it calls itself.
      await atMost(clock, signal, drainMs, Promise.race([earlier.ended, predecessor.answered(drainMs)]))
      const resumed = isResumed ? sourcesOf(plan.settings.name) : undefined
      await atMost(clock, signal, drainMs + ANSWER_MS, earlier.control.finish(drainMs, resumed))
    }
    await child.drain(earlier, signal.aborted ? 0 : drainMs, endsSessions)
  }
  predecessor.end(REPLACED)
  child.configure(plan, !isResumed)
}

/** Waits for work that may fail or hang, because its actor is replaced in any case. A shutdown ends the wait. */
export async function atMost(
  clock: Clock,
  signal: AbortSignal,
  ms: number,
  work: Promise<unknown>,
): Promise<void> {
  const over = sharedController()
  // Node 20 never forgets the signals that `AbortSignal.any` makes of one that lives on.
  const forget = onAbort(signal, () => over.abort())
  if (signal.aborted) over.abort()
  await Promise.race([work.catch(() => {}), sleep(clock, ms, over.signal).catch(() => {})])
  forget()
  over.abort()
}
