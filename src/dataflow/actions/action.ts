import { sharedController } from '../../core/abort.js'
import { checkOptions, DURATION, SIGNAL } from '../../core/arguments.js'
import type { Clock } from '../../core/clock.js'
import { type Duration, toMilliseconds } from '../../core/duration.js'
import { CancelledError, TimeoutError } from '../../core/errors/operation.js'
import { INSPECT, shownAs } from '../../core/inspect.js'
import type { OperationLimits } from '../../core/operation-options.js'
import type { ActionSettings } from '../../core/settings/action.js'
import type { Hops } from '../hops.js'
import { within } from '../within.js'
import type { Done } from './run.js'

const RUN_OPTIONS = { timeout: DURATION, signal: SIGNAL } as const

/** The figures of an action. */
export interface ActionFigures {
  /** Runs that were started. */
  readonly runs: number
  /** Runs that have succeeded. */
  readonly succeeded: number
  /** Runs that have failed. */
  readonly failed: number
  /** Runs in progress. */
  readonly running: number
}

/** Runs an action of the application. @throws what the action throws */
type RunFromOutside = (
  name: string,
  trigger: unknown,
  limits: OperationLimits,
  hops: Hops | undefined,
) => Promise<unknown>

/**
 * An action of the configuration. May be run concurrently.
 */
export class Action {
  /** The label of the `action` block. */
  readonly name: string
  readonly #run: RunFromOutside

  /** @internal */
  constructor(name: string, run: RunFromOutside) {
    this.name = name
    this.#run = run
  }

  /**
   * Runs the action. Resolves when it is done.
   * @param trigger what expressions of the action see as `trigger`
   * @param options.timeout milliseconds or text such as `"2s"`, at most that of the block
   * @param options.signal cancels the run: the promise rejects with CancelledError
   * @returns the result of a call, the id of a message in a queue, the result of the last action of a sequence, a list
   *   for parallel actions; `null` where there is none
   * @throws the error of the operation, in a sequence of the first one that failed; ConfigError if an expression has no
   *   value; TimeoutError, CancelledError, ShutdownError
   */
  async run<T = unknown>(trigger: unknown = {}, options: OperationLimits = {}): Promise<T> {
    return (await this.runAfter(undefined, trigger, options)) as T
  }

  /** Runs the action as one that follows from others. @internal */
  async runAfter(hops: Hops | undefined, trigger: unknown, options: OperationLimits): Promise<unknown> {
    checkOptions('run', options, RUN_OPTIONS)
    return this.#run(this.name, trigger, options, hops)
  }

  /** What `console.log` shows. @internal */
  [INSPECT](): object {
    return shownAs('Action', { name: this.name })
  }
}

/**
 * Performs an action within its time.
 * @param perform receives a signal that aborts when the time is up or the run is cancelled
 * @throws TimeoutError, CancelledError, and what `perform` throws
 */
export function inTime(
  clock: Clock,
  { name, timeoutMs }: Pick<ActionSettings, 'name' | 'timeoutMs'>,
  { timeout, signal }: { readonly timeout?: Duration | undefined; readonly signal?: AbortSignal | undefined },
  perform: (signal: AbortSignal) => Promise<Done>,
): Promise<Done> {
  const ms = timeout === undefined ? timeoutMs : Math.min(timeoutMs, toMilliseconds(timeout, 'timeout'))
  const controller = sharedController()
  const run = perform(controller.signal)
  const wait = within(clock, `action ${name}`, run, { timeoutMs: ms, signal })
  // What is still in progress is of no use to anybody.
  const end = (error: unknown) => {
    if (error instanceof TimeoutError || error instanceof CancelledError) controller.abort(error)
  }
  wait.catch(end)
  run.catch(() => {})
  return wait
}
