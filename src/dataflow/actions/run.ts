import { ConfigError } from '../../core/errors/config.js'
import type { OperationLimits } from '../../core/operation-options.js'
import { type Parameter, parameterValue, type RunNames } from '../../core/settings/late.js'
import type { ScriptFunction } from '../../core/settings/script.js'
import type { Logger } from '../../core/telemetry.js'
import type { Headers, Value } from '../../core/value.js'
import type { FlowIntegration } from '../flow-integration.js'
import type { Hops } from '../hops.js'

/** The results of actions by their names, as expressions see them. */
export type Results = Readonly<Record<string, { readonly result: unknown }>>

/** One run of an action. */
export interface Run {
  /** What started it. */
  readonly trigger: unknown
  readonly hops: Hops
  /** Aborts when the run has timed out or was cancelled. */
  readonly signal?: AbortSignal | undefined
  /** What it was run with, as far as that has been computed. */
  readonly used: { params: unknown }
  /** The results of the actions that the sequence around this run has finished. */
  readonly results: Results
}

/** What a run gives. */
export interface Done {
  readonly result: unknown
  /** The results of the actions that it ran, for those that follow in a sequence. */
  readonly results?: Results
}

/** Calls a function of a script for an action. @throws IntegrationError */
export type CallScript = (
  handler: ScriptFunction,
  params: unknown,
  action: string,
  run: Pick<Run, 'signal' | 'hops'>,
) => Promise<unknown>

/** What actions need from their surroundings. */
export interface ActionParts {
  /** The values of all data. */
  readonly data: NonNullable<RunNames['data']>
  readonly log: Logger
  integration(name: string): FlowIntegration
  readonly callScript: CallScript
  /** Runs another action as a part of a run. */
  runMember(name: string, run: Omit<Run, 'used'>): Promise<Done>
}

/** Returns the names that expressions of a run may use. */
export function namesOf({ trigger, results }: Run, { data }: ActionParts): RunNames {
  return { trigger, data, action: results }
}

/** Computes a text. @throws ConfigError if it is empty or not a text */
export function textOf(parameter: Parameter, what: string, names: RunNames): string {
  const value = parameterValue(parameter, names)
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text === 'string' && text !== '') return text
  const found = text === null ? 'null' : text === '' ? 'empty text' : `a ${typeof text}`
  throw new ConfigError(`${what} must be text that is not empty, found ${found}`, [], { fault: 'local' })
}

/** Computes the parameters or the message, and notes them in the run. Without any, the trigger is taken. */
export function contentOf(parameter: Parameter | undefined, run: Run, names: RunNames): unknown {
  if (parameter !== undefined) run.used.params = parameterValue(parameter, names)
  return run.used.params
}

/** Limits an operation of a run in time. */
export function limitsOf(timeout: number, { signal }: Run): OperationLimits {
  return { timeout, ...(signal !== undefined && { signal }) }
}

/** Computes headers. @throws ConfigError if they are not an object of texts */
export function headersOf(parameter: Parameter | undefined, names: RunNames): Headers | undefined {
  if (parameter === undefined) return undefined
  const value: Value = parameterValue(parameter, names)
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value)
  const entries = isRecord ? Object.entries(value) : []
  const texts = entries.map(([name, each]) => [name, typeof each === 'number' ? String(each) : each] as const)
  if (isRecord && texts.every(([, each]) => typeof each === 'string'))
    return Object.fromEntries(texts) as Headers
  throw new ConfigError('"headers" must be an object whose values are text', [], { fault: 'local' })
}
