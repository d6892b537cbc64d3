import type { GatewayConfig } from '../../config/gateway-config.js'
import type { CheckedConfig } from '../../config/load.js'
import { withSchemas } from '../../gateway-schemas.js'
import { impossibleChange } from '../../reload/fixed.js'
import { planReload } from '../../reload/plan.js'
import { checkConfiguration } from '../configuration.js'
import type { CommandOptions } from '../usage.js'
import { PlanFailure } from './failure.js'
import type { Proposal } from './proposal.js'

/** Compares a configuration with an earlier one, without a running gateway. @throws PlanFailure */
export async function planBetweenFiles({ path, variables }: CommandOptions, from: string): Promise<Proposal> {
  const [before, after] = [
    await checkConfiguration({ path: from, inherited: variables }),
    await checkConfiguration({ path, inherited: variables }),
  ]
  const unknown = Object.keys(variables).find(
    (name) => !before.variables.has(name) && !after.variables.has(name),
  )
  if (before.ok && after.ok && unknown !== undefined)
    throw new PlanFailure(`neither ${from} nor ${path} has a variable "${unknown}"`)
  const [old, now] = [await compared(before, from), await compared(after, path)]
  const refused = impossibleChange(old, now)
  return {
    blocks: planReload(old, now),
    diagnostics: after.diagnostics,
    ...(refused !== undefined && { refused }),
  }
}

async function compared(checked: CheckedConfig, path: string): Promise<GatewayConfig> {
  if (!checked.ok) throw new PlanFailure(`the configuration ${path} has errors`, checked.diagnostics)
  return withSchemas(checked.config)
}
