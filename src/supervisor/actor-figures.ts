import type { ActorFigures } from '../core/reload-plan.js'
import type { IntegrationChild } from './integration-child.js'
import type { RouteLinks } from './route-links.js'

/** Returns the figures from which the price of a change of an actor follows. Costs no message. */
export function actorFigures(child: IntegrationChild, { routes }: RouteLinks): ActorFigures {
  const { address, depths, lastStartMs, settings } = child
  const { waiting, posted } = address.depth
  const { subscriptions, inHand } = address.load
  return {
    subscriptions: subscriptions + routes.filter(({ from }) => from.integration === settings.name).length,
    inHand: waiting + posted + depths.deliveries + inHand,
    ...(lastStartMs !== undefined && { startMs: lastStartMs }),
  }
}
