/** When a child that ended is started again: always, only after an abnormal end, or never. */
export type RestartType = 'permanent' | 'transient' | 'temporary'

/** How a child is stopped: at once, with all the time it takes, or with so many milliseconds before it is killed. */
export type Shutdown = 'brutal_kill' | 'infinity' | number

/** Who is restarted with a failed child: nobody, everybody, or those started after it. */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one'

/** How a supervisor restarts; OTP's `sup_flags`. */
export interface SupervisorFlags {
  readonly strategy: Strategy
  /** The supervisor gives up when more than this many restarts happen within `periodMs`. */
  readonly intensity: number
  /** Milliseconds (OTP counts in seconds). */
  readonly periodMs: number
}

/** What a supervisor knows of a child; OTP's `child_spec` without the start function. */
export interface ChildSpec {
  /** Unique within the supervisor. */
  readonly id: string
  readonly restart: RestartType
  readonly shutdown: Shutdown
}

/** How many milliseconds a child is given to stop before it is ended. */
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

/** The defaults of OTP. One crash more within five seconds ends the supervisor: made for trees that escalate. */
export const OTP_FLAGS: SupervisorFlags = { strategy: 'one_for_one', intensity: 1, periodMs: 5_000 }

/** Our defaults. An integration that gave up stays down until somebody acts, so we are more patient than OTP. */
export const DEFAULT_FLAGS: SupervisorFlags = { strategy: 'one_for_one', intensity: 10, periodMs: 60_000 }

/** OTP's defaults for a worker. */
export const DEFAULT_CHILD: Omit<ChildSpec, 'id'> = { restart: 'permanent', shutdown: 5_000 }

/** What is wrong with a specification; the names are OTP's. */
export interface SpecFault {
  readonly fault:
    | 'invalid_strategy'
    | 'invalid_intensity'
    | 'invalid_period'
    | 'invalid_child_id'
    | 'duplicate_child_name'
    | 'invalid_restart_type'
    | 'invalid_shutdown'
  /** The child it is about, where it is about one. */
  readonly id?: string
  /** What was found and what was expected. */
  readonly message: string
}

/** Every fault in the flags; empty when there is none. */
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

/** Every fault in the children of one supervisor; empty when there is none. */
export function checkChildSpecs(specs: readonly ChildSpec[]): readonly SpecFault[] {
  const faults: SpecFault[] = []
  const seen = new Set<string>()
  for (const { id, restart, shutdown } of specs) {
    const about = typeof id === 'string' ? `child ${JSON.stringify(id)}: ` : ''
    const add = (fault: SpecFault['fault'], message: string) =>
      faults.push({ fault, ...(about ? { id } : {}), message: about + message })
    if (typeof id !== 'string' || id === '')
      add('invalid_child_id', expected('id', 'text that is not empty', id))
    else if (seen.has(id)) add('duplicate_child_name', 'expected an id of its own, found it twice')
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
