import type { ActionSettings } from '../core/settings/action.js'
import { Late } from '../core/settings/late.js'
import { ActionOrder } from './action-order.js'
import { readAction } from './blocks/action.js'
import { readData } from './blocks/data.js'
import { FlowContext } from './blocks/flow-context.js'
import { readOn } from './blocks/on.js'
import type { ScriptContext } from './blocks/script.js'
import type { Document } from './document.js'
import { type Flow, flowCycles } from './flow-cycles.js'
import type { IntegrationConfig } from './gateway-config.js'
import type { Diagnostics } from './hcl/diagnostics.js'
import { type Block, report, type Span } from './hcl/index.js'
import type { Names } from './names.js'
import type { Named } from './reading/section.js'

/** Reads the blocks `data`, `action` and `on`, and checks all names in them. */
export function readDataFlow(
  document: Document,
  named: (block: Block) => Named,
  names: Names,
  integrations: readonly IntegrationConfig[],
  scripts: ScriptContext,
  diagnostics: Diagnostics,
): Flow {
  const context = new FlowContext(names, integrations, scripts, diagnostics)
  const places = new Map<string, Span>()
  const read = <T>(kind: string, block: Block, reader: (block: Named) => T | undefined): T[] => {
    const name = labelOf(block)
    const before = diagnostics.items.length
    const found = reader(named(block))
    places.set(`${kind}.${(found as { name?: string } | undefined)?.name ?? name}`, block.labels[0]!.span)
    // A cycle is only looked for among blocks without errors.
    const isSound = !diagnostics.items.slice(before).some(({ severity }) => severity === 'error')
    return found === undefined || !isSound ? [] : [found]
  }
  const data = document.data.flatMap((block) => read('data', block, (each) => readData(each, context)))
  const actions = document.action.flatMap((block) =>
    read('action', block, (each) => readAction(each, context)),
  )
  const numbers = new Map<string, number>()
  const triggers = document.on.flatMap((block) => {
    const number = numbers.get(labelOf(block)) ?? 0
    numbers.set(labelOf(block), number + 1)
    return read('on', block, (each) => readOn(each, block.labels[0]!.span, number, context))
  })
  const flow = { data, actions, triggers }
  checkResults(actions, places, diagnostics)
  for (const { at, message, through, mayEnd } of flowCycles(flow))
    report(diagnostics, places.get(at)!, {
      severity: mayEnd ? 'warning' : 'error',
      message,
      found: through.join(' → '),
      hint: mayEnd
        ? 'a loop that its condition does not end is stopped by the hop limit'
        : 'remove one of these, or add a condition that ends the loop',
    })
  return flow
}

/** Reports an action that uses the result of another that no sequence runs before it. */
function checkResults(
  actions: readonly ActionSettings[],
  places: ReadonlyMap<string, Span>,
  diagnostics: Diagnostics,
): void {
  const order = new ActionOrder(actions)
  for (const action of actions)
    for (const used of new Set(
      Object.values(action).flatMap((value) => (value instanceof Late ? value.uses.action : [])),
    ))
      if (!order.isBefore(used, action.name))
        report(diagnostics, places.get(`action.${action.name}`)!, {
          message: `the action "${action.name}" uses the result of "${used}", and no sequence runs that before it`,
          hint: `put both in an action of the type "sequence", or run this one by on "action.${used}.succeeded" and use trigger.result`,
        })
}

function labelOf(block: Block): string {
  return block.labels[0]!.value
}
