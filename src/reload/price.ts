import type { ActorFigures, ActorPrice, BlockPlan, Plan, PricedBlock } from '../core/reload-plan.js'

/**
 * Adds to each actor that changes what its change costs. Pure.
 * @param figuresOf the figures of a running actor by the name of its block; `undefined` if there is none
 */
export function priced(
  plan: Plan,
  figuresOf: (name: string) => ActorFigures | undefined,
): readonly PricedBlock[] {
  return plan.map((block) => {
    const figures = isActor(block) ? figuresOf(block.name) : undefined
    const price = figures && priceOf(block, figures)
    return price === undefined ? block : { ...block, price }
  })
}

function isActor({ kind }: BlockPlan): boolean {
  return kind === 'integration' || kind === 'server'
}

function priceOf(
  { action, handOver }: BlockPlan,
  { subscriptions, inHand, startMs }: ActorFigures,
): ActorPrice | undefined {
  if (action === 'remove') return { subscriptions: 0, inHand }
  if (handOver === undefined) return undefined
  // A successor beside its predecessor is ready before the traffic moves.
  const gapMs = handOver === 'overlap' ? 0 : startMs
  return { subscriptions, inHand, ...(gapMs !== undefined && { gapMs: Math.round(gapMs) }) }
}
