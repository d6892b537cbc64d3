import type { ConditionalAction, ParallelAction, SequenceAction } from '../../core/settings/action.js'
import { parameterValue } from '../../core/settings/late.js'
import { truthOf } from '../triggers/gate.js'
import { type ActionParts, type Done, namesOf, type Results, type Run } from './run.js'

/** Runs actions one after the other. The first failure ends the sequence. */
export async function runSequence(action: SequenceAction, run: Run, parts: ActionParts): Promise<Done> {
  let results: Results = run.results
  let result: unknown = null
  for (const name of action.actions) {
    const done = await parts.runMember(name, { ...run, results })
    result = done.result
    results = { ...results, ...done.results, [name]: { result } }
  }
  return { result, results }
}

/** Runs actions at the same time, all to their end. Throws the first failure in their order. */
export async function runParallel(action: ParallelAction, run: Run, parts: ActionParts): Promise<Done> {
  const outcomes = await Promise.allSettled(action.actions.map((name) => parts.runMember(name, run)))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  const done = outcomes.map((outcome) => (outcome as PromiseFulfilledResult<Done>).value)
  const results = Object.fromEntries(
    action.actions.map((name, index) => [name, { result: done[index]!.result }]),
  )
  return {
    result: done.map(({ result }) => result),
    results: Object.assign({}, ...done.map((each) => each.results), results),
  }
}

/** Runs one of two actions. */
export async function runConditional(action: ConditionalAction, run: Run, parts: ActionParts): Promise<Done> {
  const holds = truthOf(parameterValue(action.condition, namesOf(run, parts)))
  const name = holds ? action.then : action.otherwise
  if (name === undefined) return { result: null }
  const done = await parts.runMember(name, run)
  return { result: done.result, results: { ...done.results, [name]: { result: done.result } } }
}
