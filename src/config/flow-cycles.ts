import { type ActionSettings, membersOf } from '../core/settings/action.js'
import type { DataSettings } from '../core/settings/data.js'
import { Late } from '../core/settings/late.js'
import type { TriggerSettings } from '../core/settings/trigger.js'
import { patternMatches } from './broker-pattern.js'
import { cyclesOf, type Edge } from './cycles.js'

/** The blocks of the data flow that were read without an error. */
export interface Flow {
  readonly data: readonly DataSettings[]
  readonly actions: readonly ActionSettings[]
  readonly triggers: readonly TriggerSettings[]
}

/** A cycle of blocks. */
export interface FlowCycle {
  /** The block at which it is reported: `data.x`, `action.y` or `on.EVENT`. */
  readonly at: string
  readonly message: string
  /** The blocks in order; the first is repeated at the end. */
  readonly through: readonly string[]
  /** Whether a condition may end it, so that it may be intended. */
  readonly mayEnd: boolean
}

/** Finds blocks of the data flow that depend on, contain or trigger themselves. */
export function flowCycles(flow: Flow): readonly FlowCycle[] {
  const contained = contains(flow)
  return [
    ...cyclesOf(needs(flow)).map((through) => ({
      at: through[0]!,
      message: `the parameters of ${through[0]} depend on its own value`,
      through,
      mayEnd: false,
    })),
    ...cyclesOf(contained).map((through) => ({
      at: through[0]!,
      message: `${through[0]} runs itself`,
      through,
      mayEnd: false,
    })),
    ...cyclesOf(letters(flow)).map((through) => ({
      at: through[0]!,
      message: `the dead letters of ${through[0]} come back to it`,
      through,
      mayEnd: false,
    })),
    ...cyclesOf([...contained, ...triggers(flow)])
      .filter((through) => through.some((node) => node.startsWith('on.')))
      .map((through) => triggerCycle(through, flow)),
  ]
}

function triggerCycle(through: readonly string[], flow: Flow): FlowCycle {
  // Begins at a trigger, where a condition can be added.
  const start = through.findIndex((node) => node.startsWith('on.'))
  const ordered = [...through.slice(start, -1), ...through.slice(0, start), through[start]!]
  const isConditional = (node: string) =>
    flow.triggers.some(({ name, condition }) => node === `on.${name}` && condition !== undefined) ||
    flow.actions.some(({ name, type }) => node === `action.${name}` && type === 'conditional')
  return {
    at: ordered[0]!,
    message: `the action of this block causes its own event`,
    through: ordered,
    mayEnd: ordered.some(isConditional),
  }
}

/** `data` blocks whose parameters or transforms use the value of others. */
function needs({ data }: Flow): readonly Edge[] {
  return data.flatMap((each) => {
    const params = each.type === 'rpc' && each.params instanceof Late ? each.params.uses.data : []
    return params.map((used) => ({ from: `data.${each.name}`, to: `data.${used}` }))
  })
}

/** `data` blocks whose dead letters are the messages of others. */
function letters({ data }: Flow): readonly Edge[] {
  const queues = data.filter((each) => each.type === 'queue')
  return queues.flatMap((each) =>
    queues
      .filter(({ integration, queue }) => integration === each.integration && queue === each.deadLetter)
      .map((reader) => ({ from: `data.${each.name}`, to: `data.${reader.name}` })),
  )
}

/** Actions that run others. */
function contains({ actions }: Flow): readonly Edge[] {
  return actions.flatMap((action) =>
    membersOf(action).map((member) => ({ from: `action.${action.name}`, to: `action.${member}` })),
  )
}

/** What causes what: events their blocks, blocks their actions, actions their events and messages. */
function triggers({ data, actions, triggers: all }: Flow): readonly Edge[] {
  const ofEvents = all.flatMap(({ name, event, action }): Edge[] => {
    const on = `on.${name}`
    const run = { from: on, to: `action.${action}` }
    return event.kind === 'data' || event.kind === 'action'
      ? [{ from: `${event.kind}.${event.name}`, to: on }, run]
      : [run]
  })
  const ofMessages = actions.flatMap((action) =>
    data
      .filter((each) => reaches(action, each))
      .map((each) => ({ from: `action.${action.name}`, to: `data.${each.name}` })),
  )
  return [...ofEvents, ...ofMessages]
}

/** Whether the messages of an action are those of a `data` block, as far as that is known at load. */
function reaches(action: ActionSettings, data: DataSettings): boolean {
  if (action.type === 'publish' && data.type === 'subscription')
    return (
      action.integration === data.integration &&
      typeof action.topic === 'string' &&
      patternMatches(data.topic, action.topic)
    )
  return (
    action.type === 'enqueue' &&
    data.type === 'queue' &&
    action.integration === data.integration &&
    action.queue === data.queue
  )
}
