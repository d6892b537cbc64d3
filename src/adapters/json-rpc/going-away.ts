import type { ErrorContext } from '../../core/errors/context.js'
import type { Value } from '../../core/value.js'
import { isMembers } from './members.js'

/**
 * The error of a gateway server that shuts down and has not called the method. `data` distinguishes it from other
 * servers' errors with the same code, which is reserved for servers (JSON-RPC 2.0, section 5.1).
 */
export const GOING_AWAY = {
  code: -32_000,
  message: 'The server is going away; the method was not called',
  data: { nemo: 'going-away' },
} as const

/**
 * What the error means for the caller: the call can be repeated, and another connection may reach a server that
 * stays up.
 */
export const GOING_AWAY_CONTEXT = {
  notExecuted: true,
  retryable: true,
  errorClass: 'service-unavailable',
} as const satisfies ErrorContext

export function isGoingAway(code: unknown, data: unknown): boolean {
  return (
    code === GOING_AWAY.code && isMembers((data ?? null) as Value) && nemoOf(data) === GOING_AWAY.data.nemo
  )
}

function nemoOf(data: unknown): unknown {
  return (data as { readonly nemo?: unknown }).nemo
}
