import type { BlockPlan } from '../../core/reload-plan.js'
import type { Terminal } from '../terminal.js'
import type { CommandOptions } from '../usage.js'
import { reloadGateway } from './against-gateway.js'
import { reportFailure, wrongUsage } from './failure.js'
import { readPlan } from './plan-file.js'
import { blocksText, changesOf, summaryOf, sumsText } from './text.js'

/** Runs the command `apply`. @returns the exit code */
export async function apply(options: CommandOptions, terminal: Terminal): Promise<number> {
  const { json } = options
  try {
    const blocks = await carriedOut(options)
    if (json) {
      const done = { ok: true, changes: changesOf(blocks), summary: summaryOf(blocks), blocks }
      terminal.out(`${JSON.stringify(done)}\n`)
    } else terminal.out(`${blocksText(blocks, terminal.colorOut)}\n${sumsText(blocks, true)}`)
    return 0
  } catch (error) {
    return reportFailure(error, json, terminal)
  }
}

async function carriedOut({ path, variables, socket }: CommandOptions): Promise<readonly BlockPlan[]> {
  const plan = readPlan(path)
  if (plan === undefined) {
    if (socket === undefined)
      throw wrongUsage(
        `${path} is not a plan: to apply it as a configuration, say which gateway with --socket PATH`,
      )
    return reloadGateway({ path, variables }, socket, undefined)
  }
  const missing = plan.variables.find((name) => !Object.hasOwn(variables, name))
  if (missing !== undefined)
    throw wrongUsage(`the plan was made with a value for "${missing}": give it with --var ${missing}=…`)
  return reloadGateway({ path: plan.path, variables }, socket ?? plan.socket, plan.fingerprints)
}
