import type { ScriptFunction } from '../core/settings/script.js'
import type { Value } from '../core/value.js'
import type { Outcome } from './script-protocol.js'

/** A call of a function of a script, for a transform of an actor. */
export interface TransformCall {
  readonly id: number
  readonly handler: ScriptFunction
  readonly value: Value
}

/** What an actor posts to the host: the calls of a turn. */
export type TransformCalls = readonly TransformCall[]

/** What the host posts to an actor: the outcomes of a turn. */
export type TransformOutcomes = readonly { readonly id: number; readonly outcome: Outcome }[]
