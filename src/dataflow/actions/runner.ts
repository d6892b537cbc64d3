import { unknownName } from '../../core/arguments.js'
import type { Clock } from '../../core/clock.js'
import type { Duration } from '../../core/duration.js'
import { ShutdownError } from '../../core/errors/lifecycle.js'
import { CancelledError, SerializeError } from '../../core/errors/operation.js'
import type { OperationLimits } from '../../core/operation-options.js'
import type { ActionSettings } from '../../core/settings/action.js'
import type { Logger } from '../../core/telemetry.js'
import { messageOf } from '../../mailbox/error-codec.js'
import type { Worker } from '../../mailbox/work.js'
import type { FlowEvents } from '../events.js'
import type { FlowIntegration } from '../flow-integration.js'
import { type Hops, hop, NO_HOPS } from '../hops.js'
import { type ActionFigures, inTime } from './action.js'
import { runConditional, runParallel, runSequence } from './composites.js'
import { callFunction, callMethod, enqueueMessage, publishMessage, writeLog } from './operations.js'
import type { ActionParts, CallScript, Done, Run } from './run.js'

export interface RunnerDependencies {
  readonly clock: Clock
  readonly events: FlowEvents
  readonly data: ActionParts['data']
  readonly log: Logger
  readonly callScript: CallScript
  integration(name: string): FlowIntegration
  /** Reports a run that has failed. */
  failed(action: string, error: Error): void
}

interface Counted {
  settings: ActionSettings
  runs: number
  succeeded: number
  failed: number
  running: number
  /** The actions among which it was when a reload removed it. */
  removedFrom?: ReadonlyMap<string, Counted>
}

/** Runs the actions of a gateway, and reports their outcomes as events. A shutdown waits for runs in progress. */
export class ActionRunner implements Worker {
  readonly #parts: RunnerDependencies
  #actions: ReadonlyMap<string, Counted>
  readonly #forActions: Omit<ActionParts, 'runMember'>
  #running = 0
  #isStopped = false

  constructor(actions: readonly ActionSettings[], parts: RunnerDependencies) {
    this.#parts = parts
    this.#actions = new Map(actions.map((settings) => [settings.name, counted(settings)]))
    const { data, log, callScript } = parts
    this.#forActions = {
      data,
      log,
      callScript,
      integration: (name) => parts.integration(name),
    }
  }

  /** Takes other settings for the runs that start from now on, but removed actions keep theirs: see `bind`. */
  update(actions: readonly ActionSettings[]): void {
    const known = this.#actions
    this.#actions = new Map(
      actions.map((settings) => {
        const before = known.get(settings.name)
        if (before !== undefined) before.settings = settings
        return [settings.name, before ?? counted(settings)]
      }),
    )
    for (const [name, action] of known) if (!this.#actions.has(name)) action.removedFrom = known
  }

  get names(): Iterable<string> {
    return this.#actions.keys()
  }

  get isBusy(): boolean {
    return this.#running > 0
  }

  figures(name: string): ActionFigures {
    const { settings: _, ...figures } = this.#actions.get(name)!
    return figures
  }

  /** Refuses new runs of the application and of triggers. Runs in progress go on. */
  stop(): void {
    this.#isStopped = true
  }

  /** Runs an action. @throws what the action throws; ShutdownError after `stop` */
  run(name: string, trigger: unknown, limits: OperationLimits, hops: Hops = NO_HOPS): Promise<unknown> {
    return this.bind(name)(trigger, limits, hops)
  }

  /** Returns a function that runs an action like `run`, also after a reload has removed it. */
  bind(name: string): (trigger: unknown, limits: OperationLimits, hops: Hops) => Promise<unknown> {
    const known = this.#actions.get(name)
    return async (trigger, { timeout, signal }, hops) => {
      if (this.#isStopped) throw new ShutdownError()
      this.#running++
      try {
        return (await this.#run(name, { trigger, hops, signal, results: {} }, timeout, known)).result
      } finally {
        this.#running--
      }
    }
  }

  /** @param known the action, in case that it was removed */
  async #run(
    name: string,
    given: Omit<Run, 'used'>,
    timeout: Duration | undefined,
    known: Counted | undefined,
  ): Promise<Done> {
    const action = this.#actions.get(name) ?? known
    if (action === undefined) throw unknownName('action', 'action', name, this.#actions.keys())
    action.runs++
    action.running++
    let { hops } = given
    const used = { params: given.trigger }
    try {
      hops = hop(hops, name)
      const done = await this.#inTime(action, { ...given, hops, used }, timeout)
      action.succeeded++
      this.#emit(name, 'succeeded', hops, { action: name, params: used.params, result: done.result })
      return done
    } catch (thrown) {
      const error = isTyped(thrown) ? thrown : unreadable(name, thrown)
      action.failed++
      if (!(error instanceof CancelledError)) this.#parts.failed(name, error)
      const { kind, message } = error
      this.#emit(name, 'failed', hops, { action: name, params: used.params, error: { kind, message } })
      throw error
    } finally {
      action.running--
    }
  }

  #inTime(action: Counted, run: Run, timeout: Duration | undefined): Promise<Done> {
    const limits = { timeout, signal: run.signal }
    return inTime(this.#parts.clock, action.settings, limits, (signal) =>
      this.#perform(action, { ...run, signal }),
    )
  }

  async #perform({ settings, removedFrom: actions = this.#actions }: Counted, run: Run): Promise<Done> {
    const parts: ActionParts = {
      ...this.#forActions,
      runMember: (name, member) => this.#run(name, member, undefined, actions.get(name)),
    }
    switch (settings.type) {
      case 'rpc':
        return callMethod(settings, run, parts)
      case 'publish':
        return publishMessage(settings, run, parts)
      case 'enqueue':
        return enqueueMessage(settings, run, parts)
      case 'sequence':
        return runSequence(settings, run, parts)
      case 'parallel':
        return runParallel(settings, run, parts)
      case 'conditional':
        return runConditional(settings, run, parts)
      case 'log':
        return writeLog(settings, run, parts)
      case 'script':
        return callFunction(settings, run, parts)
    }
  }

  #emit(name: string, outcome: 'succeeded' | 'failed', hops: Hops, trigger: object): void {
    this.#parts.events.emit({ kind: 'action', name, outcome }, trigger, hops)
  }
}

/** The error of a trigger that cannot be read, for example because a getter of the application throws. */
function unreadable(action: string, thrown: unknown): SerializeError {
  const reason = `the values of action "${action}" cannot be computed: ${messageOf(thrown)}`
  return new SerializeError(reason, { cause: thrown })
}

function isTyped(thrown: unknown): thrown is Error & { readonly kind: string } {
  return thrown instanceof Error && 'kind' in thrown && typeof thrown.kind === 'string'
}

function counted(settings: ActionSettings): Counted {
  return { settings, runs: 0, succeeded: 0, failed: 0, running: 0 }
}
