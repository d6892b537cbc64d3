import type { LogLevel } from '../telemetry.js'
import type { Headers } from '../value.js'
import type { Parameter } from './late.js'
import type { ScriptFunction } from './script.js'

interface CommonAction {
  /** The label of its block. */
  readonly name: string
  /** Time limit of a run as a whole. */
  readonly timeoutMs: number
}

/** Calls a method. */
export interface RpcAction extends CommonAction {
  readonly type: 'rpc'
  readonly integration: string
  readonly method: Parameter
  /** If absent, the trigger. */
  readonly params?: Parameter
  readonly headers?: Parameter<Headers>
  readonly idempotent: boolean
}

/** Publishes a message. */
export interface PublishAction extends CommonAction {
  readonly type: 'publish'
  readonly integration: string
  readonly topic: Parameter
  /** If absent, the trigger. */
  readonly message?: Parameter
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly headers?: Parameter<Headers>
  readonly expiryMs?: number
  readonly format?: string
  /** Whether messages of the integration carry headers, in which the hops are counted. */
  readonly carriesHops: boolean
}

/** Puts a message into a queue. */
export interface EnqueueAction extends CommonAction {
  readonly type: 'enqueue'
  readonly integration: string
  readonly queue: Parameter
  /** If absent, the trigger. */
  readonly message?: Parameter
  readonly headers?: Parameter<Headers>
  readonly delayMs?: number
  readonly format?: string
  /** Whether messages of the integration carry headers, in which the hops are counted. */
  readonly carriesHops: boolean
}

/** Runs actions one after the other. */
export interface SequenceAction extends CommonAction {
  readonly type: 'sequence'
  readonly actions: readonly string[]
}

/** Runs actions at the same time. */
export interface ParallelAction extends CommonAction {
  readonly type: 'parallel'
  readonly actions: readonly string[]
}

/** Runs one of two actions. */
export interface ConditionalAction extends CommonAction {
  readonly type: 'conditional'
  readonly condition: Parameter
  readonly then?: string
  readonly otherwise?: string
}

/** Writes a line to the log. */
export interface LogAction extends CommonAction {
  readonly type: 'log'
  readonly level: LogLevel
  readonly message: Parameter
  readonly fields?: Parameter
}

/** Calls a function of a script. */
export interface ScriptAction extends CommonAction {
  readonly type: 'script'
  readonly handler: ScriptFunction
  /** If absent, the trigger. */
  readonly params?: Parameter
}

/** An `action` block with all defaults filled in. */
export type ActionSettings =
  | RpcAction
  | PublishAction
  | EnqueueAction
  | SequenceAction
  | ParallelAction
  | ConditionalAction
  | LogAction
  | ScriptAction

/** The actions that an action runs. */
export function membersOf(action: ActionSettings): readonly string[] {
  switch (action.type) {
    case 'sequence':
    case 'parallel':
      return action.actions
    case 'conditional':
      return [action.then, action.otherwise].filter((name) => name !== undefined)
    default:
      return []
  }
}
