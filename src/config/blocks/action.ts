import type { Capability } from '../../core/capability.js'
import type { ActionSettings } from '../../core/settings/action.js'
import type { ScriptFunction } from '../../core/settings/script.js'
import { emptyBlock, nodeAt } from '../node.js'
import { type AnySection, type Named, Section } from '../reading/section.js'
import { ACTION_CONFIGS, type ActionType, action } from '../schema/action.js'
import { toSettings } from '../schema/settings.js'
import type { FlowContext } from './flow-context.js'
import { wildcardFinding } from './wildcards.js'

const NEEDS: Readonly<Partial<Record<ActionType, Capability>>> = {
  rpc: 'call',
  publish: 'publish',
  enqueue: 'enqueue',
}

/** Reads an `action` block; returns `undefined` if its type is unknown, because the rest depends on it. */
export function readAction(block: Named, context: FlowContext): ActionSettings | undefined {
  const section = new Section(action, block)
  const { type, timeout: timeoutMs } = section.values
  if (type === undefined) return undefined
  const { span, diagnostics } = section
  const title = `the config of an action of type ${type}`
  const config = new Section(ACTION_CONFIGS[type] as (typeof ACTION_CONFIGS)['rpc'], {
    node: section.node('config') ?? emptyBlock(span),
    title,
    diagnostics,
  })
  const values = config.values as Values
  checkNames(type, values, config, context)
  const { else: otherwise, function: _, ...settings } = toSettings(config.schema, values) as Values
  const handler = functionOf(config, context)
  const { integration } = values
  const carries = integration === undefined ? [] : context.carriesHeaders(integration)
  return {
    ...withoutEmpty(settings),
    ...(otherwise !== undefined && { otherwise }),
    ...(type === 'script' && { handler }),
    ...((type === 'publish' || type === 'enqueue') && { carriesHops: carries.includes(type) }),
    type,
    timeoutMs,
    name: block.name,
  } as unknown as ActionSettings
}

/** The attributes of all types that need a check. After an error they are `undefined`. */
interface Values {
  readonly integration?: string
  readonly format?: string
  readonly topic?: unknown
  readonly params?: unknown
  readonly message?: unknown
  readonly actions?: readonly string[]
  readonly then?: string
  readonly else?: string
  readonly function?: string
}

function checkNames(type: ActionType, values: Values, config: AnySection, context: FlowContext): void {
  const capability = NEEDS[type]
  if (capability !== undefined)
    context.checkIntegration(values.integration, config.node('integration'), capability)
  context.checkFormat(values.integration, values.format, config.node('format'))
  const topic = config.node('topic')
  const manifest =
    values.integration === undefined ? undefined : context.integration(values.integration)?.manifest
  if (topic !== undefined && typeof values.topic === 'string' && manifest !== undefined) {
    const finding = wildcardFinding(values.topic, manifest.type)
    if (finding !== undefined) config.fault(topic.span, finding)
  }
  const actions = config.node('actions')
  for (const [index, name] of (values.actions ?? []).entries())
    context.checkName('action', name, actions && nodeAt(actions, [index]))
  for (const branch of ['then', 'else'] as const)
    context.checkName('action', values[branch], config.node(branch))
}

function functionOf(config: AnySection, context: FlowContext): ScriptFunction | undefined {
  const node = config.node('function')
  return node === undefined ? undefined : context.scripts.read(node, config)
}

/** Leaves out parameters and a message without members: the trigger is taken in their place. */
function withoutEmpty(values: Values): Values {
  const isEmpty = (value: unknown) =>
    value === null ||
    (typeof value === 'object' &&
      Object.getPrototypeOf(value) === Object.prototype &&
      Object.keys(value!).length === 0)
  const entries = Object.entries(values).filter(
    ([name, value]) => !((name === 'params' || name === 'message') && isEmpty(value)),
  )
  return Object.fromEntries(entries)
}
