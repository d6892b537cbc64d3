import { printable } from '../describe-record.js'
import { reportDiagnostics } from '../report.js'
import type { Terminal } from '../terminal.js'
import type { CommandOptions } from '../usage.js'
import { planAgainstGateway } from './against-gateway.js'
import { planBetweenFiles } from './between-files.js'
import { reportFailure } from './failure.js'
import { flagToWrite, writePlan } from './plan-file.js'
import type { Proposal } from './proposal.js'
import { blocksText, changesOf, summaryOf, sumsText } from './text.js'

/** Exit code with `--detailed-exitcode` if a reload would change something. */
const CHANGES = 2

/** Runs the command `plan`. @returns the exit code */
export async function plan(options: CommandOptions, terminal: Terminal): Promise<number> {
  const { json, detailedExitcode, socket, out } = options
  try {
    const proposal =
      socket === undefined
        ? await planBetweenFiles(options, options.from!)
        : await planWithGateway(options, socket)
    const { blocks, refused } = proposal
    if (json) terminal.out(`${JSON.stringify(jsonOf(proposal, socket !== undefined))}\n`)
    else show(proposal, options, terminal)
    if (refused !== undefined) return 1
    if (out !== undefined && !json)
      terminal.out(`Carry it out with: nemo-gateway apply ${out}${hintOf(options)}\n`)
    return detailedExitcode && changesOf(blocks) > 0 ? CHANGES : 0
  } catch (error) {
    return reportFailure(error, json, terminal)
  }
}

/** Plans against a running gateway, and writes the plan if it can be carried out. @throws PlanFailure */
async function planWithGateway(options: CommandOptions, socket: string): Promise<Proposal> {
  const { path, variables, out } = options
  const flag = out === undefined ? undefined : flagToWrite(out)
  const proposal = await planAgainstGateway(options, socket)
  const { blocks, fingerprints, refused } = proposal
  if (out !== undefined && flag !== undefined && refused === undefined)
    await writePlan(out, flag, { path, socket, variables: Object.keys(variables), fingerprints, blocks })
  return proposal
}

function show(
  { blocks, refused, diagnostics }: Proposal,
  { socket }: CommandOptions,
  terminal: Terminal,
): void {
  reportDiagnostics(diagnostics, terminal)
  terminal.out(`${blocksText(blocks, terminal.colorOut)}\n${sumsText(blocks, false)}`)
  if (socket === undefined && changesOf(blocks) > 0)
    terminal.out('There is no price without a running gateway: see --socket.\n')
  if (refused !== undefined) terminal.err(`nemo-gateway: ${printable(refused)}\n`)
}

/** The variables that `apply` needs again. Their values may be secret. */
function hintOf({ variables }: CommandOptions): string {
  return Object.keys(variables)
    .map((name) => ` --var ${name}=…`)
    .join('')
}

function jsonOf({ blocks, refused, diagnostics }: Proposal, isPriced: boolean): object {
  return {
    ok: refused === undefined,
    ...(refused !== undefined && { reason: refused }),
    changes: changesOf(blocks),
    summary: summaryOf(blocks),
    isPriced,
    blocks,
    diagnostics,
  }
}
