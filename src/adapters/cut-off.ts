import { ConnectionError } from '../core/errors/connection.js'
import type { ErrorContext } from '../core/errors/context.js'
import type { IntegrationError } from '../core/errors/integration-error.js'

/**
 * Returns the error of one operation that was in flight when its connection ended. The operation may have been
 * executed, whatever `loss` says about another one.
 */
export function cutOff(loss: IntegrationError): ConnectionError {
  return aboutOne(loss, {})
}

/** Returns the error of one operation that was not sent before its connection ended. */
export function unsent(loss: IntegrationError): ConnectionError {
  return aboutOne(loss, { notExecuted: true })
}

/** `notExecuted`, `fault` and `retryAfterMs` of `loss` describe the operation that found the loss. */
function aboutOne(loss: IntegrationError, context: ErrorContext): ConnectionError {
  const { message, integration, retryable, errorClass } = loss
  return new ConnectionError(message, {
    integration,
    cause: loss,
    ...(loss instanceof ConnectionError && { retryable, ...(errorClass && { errorClass }) }),
    ...context,
  })
}
