import { status } from '@grpc/grpc-js'
import type { Attempt } from '../../core/adapter/attempt.js'
import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { CancelledError, SerializeError } from '../../core/errors/operation.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import type { Caller } from './caller.js'
import type { Methods } from './methods.js'
import type { Payloads } from './payloads.js'
import { type Status, type StatusContext, statusError } from './status.js'

/** What calls, subscriptions and publishes need of a connection. */
export interface Session {
  readonly integration: string
  readonly clock: Clock
  readonly caller: Caller
  readonly methods: Methods
  readonly payloads: Payloads
  readonly status: StatusContext
  /** Maximum size of a message, or of a list of messages, in bytes. */
  readonly maxBytes: number
  /** Memory budget of the actor. */
  readonly budget: ByteBudget
  readonly incoming: IncomingAnswers
  /** Whether a subscription whose stream was published to is reopened after a loss instead of ended. */
  readonly reopensPublished: boolean
}

/**
 * Converts any failure of a call into an IntegrationError.
 * @param operation names the call in messages: `call Orders/Get`
 */
export function failureOf(
  failure: unknown,
  operation: string,
  session: Session,
  context: Attempt,
): IntegrationError {
  const { integration } = session
  if (failure instanceof SerializeError)
    return new SerializeError(`${operation}: ${failure.reason}`, { integration })
  if (failure instanceof IntegrationError) return withIntegration(failure, integration)
  if (isStatus(failure)) return statusError(failure, operation, session.status)
  // The reason of the signal says more than the error of an aborted call.
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

/** Adds the name of the integration to an error thrown by a part that does not know it. */
function withIntegration(error: IntegrationError, integration: string): IntegrationError {
  if (error.integration === '') Object.assign(error, { integration })
  return error
}

function isStatus(failure: unknown): failure is Status {
  const { code, details } = (failure ?? {}) as { code?: unknown; details?: unknown }
  return typeof code === 'number' && typeof details === 'string'
}
