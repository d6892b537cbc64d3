import type { Diagnostic } from '../../core/diagnostic.js'
import { printable } from '../describe-record.js'
import { reportDiagnostics } from '../report.js'
import type { Terminal } from '../terminal.js'

const WRONG_USAGE = 2

/** Why a plan cannot be made or carried out: faults of a configuration, or a reason in words. */
export class PlanFailure extends Error {
  readonly diagnostics: readonly Diagnostic[]
  readonly exitCode: number

  constructor(message: string, diagnostics: readonly Diagnostic[] = [], exitCode = 1) {
    super(message)
    this.diagnostics = diagnostics
    this.exitCode = exitCode
  }
}

/** Makes the failure of a command line that lacks something. */
export function wrongUsage(message: string): PlanFailure {
  return new PlanFailure(message, [], WRONG_USAGE)
}

/** Shows a failure. Faults of a configuration are shown as `check` shows them. @returns the exit code */
export function reportFailure(error: unknown, json: boolean, terminal: Terminal): number {
  if (!(error instanceof PlanFailure)) throw error
  const { message, diagnostics, exitCode } = error
  if (json) terminal.out(`${JSON.stringify({ ok: false, reason: message, diagnostics })}\n`)
  else if (diagnostics.length > 0) reportDiagnostics(diagnostics, terminal)
  else terminal.err(`nemo-gateway: ${printable(message)}\n`)
  return exitCode
}
