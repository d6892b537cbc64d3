/** Options that only `plan` has. */
export interface PlanOptions {
  /** The earlier configuration. */
  readonly from?: string
  /** Where the plan is written. */
  readonly out?: string
  /** Whether the exit code tells if there are changes. */
  readonly detailedExitcode?: boolean
}

/** The parsed options of a command line. */
type Values = Readonly<Record<string, unknown>>

/** Returns what is wrong with the options of `plan`; `undefined` if nothing is, and for other commands. */
export function planUsageFault(command: string, { from, socket, out }: Values): string | undefined {
  if (command !== 'plan') return undefined
  if (from === undefined && socket === undefined)
    return 'plan needs what to compare with: --from OLD or --socket PATH'
  if (from !== undefined && socket !== undefined) return 'plan takes one of --from and --socket'
  if (out !== undefined && socket === undefined)
    return 'plan --out needs --socket: a plan is carried out by a running gateway'
  return undefined
}

/** The options that only `plan` has. */
export function planOptions({ from, out, 'detailed-exitcode': isDetailed }: Values): PlanOptions {
  return {
    ...(from !== undefined && { from: from as string }),
    ...(out !== undefined && { out: out as string }),
    ...(isDetailed === true && { detailedExitcode: true }),
  }
}
