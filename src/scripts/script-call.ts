import type { Timer } from '../core/clock.js'
import type { CallContext } from '../mailbox/script-protocol.js'

/** A call of a function of a script, until its handler has ended. */
export interface ScriptCall {
  readonly id: number
  readonly function: string
  readonly params: unknown
  readonly context: CallContext
  /** Settles the promise of the caller. Later outcomes are dropped. */
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  /** Whether the caller has its outcome. The handler may still run. */
  isAnswered: boolean
  /** Fires when the time of the call is up. */
  timer: Timer | undefined
  /** Stops listening to the signal of the caller. */
  forget: () => void
}

/** Settles the promise of a caller once. */
export function answer(call: ScriptCall, settle: () => void): void {
  if (call.isAnswered) return
  call.isAnswered = true
  call.forget()
  settle()
}
