import type { Attempt } from '../../core/adapter.js'
import type { Clock } from '../../core/clock.js'
import { IntegrationError, RpcError, SerializeError } from '../../core/errors.js'
import type { Caller } from './caller.js'
import type { Methods } from './methods.js'
import type { Payloads } from './payloads.js'
import { type Status, type StatusContext, statusError } from './status.js'

/** What stands while a connection does. */
export interface Link {
  readonly integration: string
  readonly clock: Clock
  readonly caller: Caller
  readonly methods: Methods
  readonly payloads: Payloads
  readonly status: StatusContext
  /** Bytes of a message, or of a list of messages, at most. */
  readonly maxBytes: number
}

/** Whatever went wrong with a call as an error of ours. @param operation for messages: `call Orders/Get` */
export function failureOf(failure: unknown, operation: string, link: Link, context: Attempt): Error {
  if (failure instanceof SerializeError)
    return new SerializeError(`${operation}: ${failure.reason}`, { integration: link.integration })
  if (failure instanceof RpcError && failure.integration === '')
    return new RpcError(failure.code, failure.message, failure.data, { integration: link.integration })
  if (failure instanceof IntegrationError) return failure
  if (isStatus(failure)) return statusError(failure, operation, link.status)
  // The reason of a signal, or a fault of ours.
  return context.signal.aborted ? (context.signal.reason as Error) : (failure as Error)
}

function isStatus(failure: unknown): failure is Status {
  const { code, details } = (failure ?? {}) as { code?: unknown; details?: unknown }
  return typeof code === 'number' && typeof details === 'string'
}
