import { addTo } from '../core/list-map.js'
import { type ActionSettings, membersOf } from '../core/settings/action.js'
import type { DataSettings, SubscribedData } from '../core/settings/data.js'
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
  const readers = queueReaders(data)
  return data.flatMap((each) => {
    if (each.type !== 'queue' || each.deadLetter === undefined) return []
    const found = readers.get(queueKey(each.integration, each.deadLetter)) ?? []
    return found.map((reader) => ({ from: `data.${each.name}`, to: `data.${reader}` }))
  })
}

/** The names of the `data` blocks that read each queue. */
function queueReaders(data: Flow['data']): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>()
  for (const each of data)
    if (each.type === 'queue') addTo(readers, queueKey(each.integration, each.queue), each.name)
  return readers
}

function queueKey(integration: string, queue: string): string {
  return `${integration}\n${queue}`
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
  const readers = queueReaders(data)
  const subscriptions = data.filter((each) => each.type === 'subscription')
  const ofMessages = actions.flatMap((action) =>
    reached(action, subscriptions, readers).map((name) => ({
      from: `action.${action.name}`,
      to: `data.${name}`,
    })),
  )
  return [...ofEvents, ...ofMessages]
}

/** The `data` blocks that get the messages of an action, as far as that is known at load. */
function reached(
  action: ActionSettings,
  subscriptions: readonly SubscribedData[],
  readers: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  if (action.type === 'publish') {
    const { integration, topic } = action
    if (typeof topic !== 'string') return []
    return subscriptions
      .filter((each) => each.integration === integration && patternMatches(each.topic, topic))
      .map(({ name }) => name)
  }
  if (action.type !== 'enqueue' || typeof action.queue !== 'string') return []
  return readers.get(queueKey(action.integration, action.queue)) ?? []
}
