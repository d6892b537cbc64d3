import type { FlowEvent } from '../events.js'

/** Runs an action for an event. @throws what the action throws */
export type RunAction = (event: FlowEvent, signal: AbortSignal) => Promise<unknown>

/** An event for which the condition holds. It keeps its action if a reload gives the `on` block another one. */
export interface Accepted {
  readonly event: FlowEvent
  readonly run: RunAction
}
