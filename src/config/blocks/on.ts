import { Late } from '../../core/settings/late.js'
import type { Condition, TriggerSettings } from '../../core/settings/trigger.js'
import type { Span } from '../hcl/index.js'
import { type Named, Section } from '../reading/section.js'
import { type ConditionBlock, on } from '../schema/on.js'
import { toSettings } from '../schema/settings.js'
import type { FlowContext } from './flow-context.js'
import { readEvent } from './on-event.js'

/**
 * Reads an `on` block; returns `undefined` if its event is unknown.
 * @param block its name is the event
 * @param place of the event
 * @param number how many blocks with the same event come before it
 */
export function readOn(
  block: Named,
  place: Span,
  number: number,
  context: FlowContext,
): TriggerSettings | undefined {
  const section = new Section(on, block)
  const { event, finding } = readEvent(block.name, context.names)
  if (finding !== undefined) section.fault(place, finding)
  const { condition: given, action } = section.values
  context.checkName('action', action, section.node('action'))
  const condition = given === undefined ? undefined : conditionOf(given)
  if (event === undefined || action === undefined) return undefined
  const { condition: _, ...settings } = toSettings(section.schema, section.values)
  return {
    ...settings,
    name: number === 0 ? block.name : `${block.name}#${number + 1}`,
    event,
    ...(condition !== undefined && { condition }),
  } as TriggerSettings
}

function conditionOf(given: unknown): Condition | undefined {
  if (given instanceof Late || typeof given === 'boolean') return { kind: 'expression', value: given }
  const { threshold, changed, jq } = given as ConditionBlock
  if (jq !== undefined) return { kind: 'jq', query: jq }
  if (changed !== undefined) return { kind: 'changed', ...changed }
  if (threshold === undefined) return undefined
  const { for: forMs, ...rest } = threshold
  return { kind: 'threshold', ...rest, forMs }
}
