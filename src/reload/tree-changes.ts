import type { BlockPlan, Plan } from '../core/reload-plan.js'
import type { ActorChange, BrokerChange, TreeChanges } from '../supervisor/tree-reload.js'

/** Returns what a plan changes in the supervision tree. */
export function treeChanges(plan: Plan): TreeChanges {
  const actors = new Map<string, ActorChange>()
  const brokers = new Map<string, BrokerChange>()
  for (const each of plan) {
    if (each.action === 'unchanged') continue
    if (each.kind === 'integration' || each.kind === 'server') actors.set(each.name, actorChange(each))
    else if (each.kind === 'broker') {
      const change = brokerChange(each)
      if (change !== undefined) brokers.set(each.name, change)
    }
  }
  return { actors, brokers }
}

function actorChange({ action, handOver }: BlockPlan): ActorChange {
  if (action === 'create' || action === 'remove') return action
  if (action === 'in place') return 'configure'
  return handOver === 'in turn' ? 'in-turn' : 'overlap'
}

function brokerChange({ action }: BlockPlan): BrokerChange | undefined {
  if (action === 'create' || action === 'remove') return action
  // How it is supervised is set when the tree is regrouped.
  return action === 'in place' ? undefined : 'in-turn'
}
