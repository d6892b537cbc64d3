import { status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import { CancelledError, IntegrationError, RpcError, SerializeError } from '../../core/errors.js'
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
  /** Bytes that are held here are counted in it. */
  readonly budget: ByteBudget
  /** Whether a subscription whose stream was published to is opened again after a loss, rather than ended. */
  readonly reopensPublished: boolean
}

/** Any failure of a call as an error of the gateway. @param operation for messages: `call Orders/Get` */
export function failureOf(
  failure: unknown,
  operation: string,
  link: Link,
  context: Attempt,
): IntegrationError {
  const { integration } = link
  if (failure instanceof SerializeError)
    return new SerializeError(`${operation}: ${failure.reason}`, { integration })
  if (failure instanceof IntegrationError) return owned(failure, integration)
  if (isStatus(failure)) return statusError(failure, operation, link.status)
  // What an aborted call throws says less than the reason of its signal.
  if (context.signal.aborted) {
    const { reason } = context.signal
    return reason instanceof IntegrationError ? reason : new CancelledError({ integration, cause: reason })
  }
  const text = failure instanceof Error ? failure.message : String(failure)
  return new RpcError(status.INTERNAL, `${operation}: ${text}`, undefined, {
    integration,
    fault: 'local',
    cause: failure,
  })
}

/** The error with the name of its integration, where it was thrown by a part that does not know it. */
function owned(error: IntegrationError, integration: string): IntegrationError {
  if (error.integration === '') Object.assign(error, { integration })
  return error
}

function isStatus(failure: unknown): failure is Status {
  const { code, details } = (failure ?? {}) as { code?: unknown; details?: unknown }
  return typeof code === 'number' && typeof details === 'string'
}
