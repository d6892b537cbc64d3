/** When a child that has ended is restarted: always, only after an abnormal end, or never. */
export type RestartType = 'permanent' | 'transient' | 'temporary'

/** How a child is stopped: killed at once, without a time limit, or killed after so many milliseconds. */
export type Shutdown = 'brutal_kill' | 'infinity' | number

/** Which children are restarted with a failed one: none, all, or those started after it. */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one'

/** How a supervisor restarts its children (OTP's `sup_flags`). */
export interface SupervisorFlags {
  readonly strategy: Strategy
  /** The most restarts within `periodMs`. After one more death the supervisor fails. */
  readonly intensity: number
  /** In milliseconds, where OTP counts in seconds. */
  readonly periodMs: number
}

/** Describes a child to its supervisor (OTP's `child_spec` without the start function). */
export interface ChildSpec {
  /** Unique within the supervisor. */
  readonly id: string
  readonly restart: RestartType
  readonly shutdown: Shutdown
}

/** How many milliseconds a child has to stop before it is killed. */
export function graceOf(shutdown: Shutdown): number {
  switch (shutdown) {
    case 'brutal_kill':
      return 0
    case 'infinity':
      return Number.MAX_SAFE_INTEGER
    default:
      return shutdown
  }
}

export const RESTART_TYPES = ['permanent', 'transient', 'temporary'] as const
export const STRATEGIES = ['one_for_one', 'one_for_all', 'rest_for_one'] as const

/** OTP's defaults. They suit deep trees, where a parent restarts a supervisor that fails. */
export const OTP_FLAGS: SupervisorFlags = { strategy: 'one_for_one', intensity: 1, periodMs: 5_000 }

/** Our defaults. They allow more restarts than OTP's, because no parent restarts an integration that has failed. */
export const DEFAULT_FLAGS: SupervisorFlags = { strategy: 'one_for_one', intensity: 10, periodMs: 60_000 }

/** OTP's defaults for a worker. */
export const DEFAULT_CHILD: Omit<ChildSpec, 'id'> = { restart: 'permanent', shutdown: 5_000 }

/** A fault in a specification, with OTP's name for it. */
export interface SpecFault {
  readonly fault:
    | 'invalid_strategy'
    | 'invalid_intensity'
    | 'invalid_period'
    | 'invalid_child_id'
    | 'duplicate_child_name'
    | 'invalid_restart_type'
    | 'invalid_shutdown'
  /** The child that has the fault, if one has. */
  readonly id?: string
  /** What was found and what was expected. */
  readonly message: string
}

/** Returns all faults in the flags. */
export function checkSupervisorFlags(flags: SupervisorFlags): readonly SpecFault[] {
  const faults: SpecFault[] = []
  if (!STRATEGIES.includes(flags.strategy))
    faults.push({ fault: 'invalid_strategy', message: expected('strategy', STRATEGIES, flags.strategy) })
  if (!isCount(flags.intensity))
    faults.push({
      fault: 'invalid_intensity',
      message: expected('intensity', 'a whole number from 0', flags.intensity),
    })
  if (!(Number.isFinite(flags.periodMs) && flags.periodMs > 0))
    faults.push({
      fault: 'invalid_period',
      message: expected('period', 'milliseconds above 0', flags.periodMs),
    })
  return faults
}

/** Returns all faults in the children of one supervisor. */
export function checkChildSpecs(specs: readonly ChildSpec[]): readonly SpecFault[] {
  const faults: SpecFault[] = []
  const seen = new Set<string>()
  for (const { id, restart, shutdown } of specs) {
    const about = typeof id === 'string' ? `child ${JSON.stringify(id)}: ` : ''
    const add = (fault: SpecFault['fault'], message: string) =>
      faults.push({ fault, ...(about ? { id } : {}), message: about + message })
    if (typeof id !== 'string' || id === '')
      add('invalid_child_id', expected('id', 'text that is not empty', id))
    else if (seen.has(id)) add('duplicate_child_name', 'expected a unique id, found it twice')
    seen.add(id)
    if (!RESTART_TYPES.includes(restart))
      add('invalid_restart_type', expected('restart', RESTART_TYPES, restart))
    if (shutdown !== 'brutal_kill' && shutdown !== 'infinity' && !isCount(shutdown))
      add(
        'invalid_shutdown',
        expected('shutdown', '"brutal_kill", "infinity" or whole milliseconds', shutdown),
      )
  }
  return faults
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function expected(what: string, expectation: string | readonly string[], found: unknown): string {
  const wanted =
    typeof expectation === 'string' ? expectation : `one of ${expectation.map((e) => `"${e}"`).join(', ')}`
  return `${what}: expected ${wanted}, found ${typeof found === 'number' ? found : (JSON.stringify(found) ?? String(found))}`
}
