import { ConnectionError } from '../../core/errors/connection.js'
import type { ErrorContext } from '../../core/errors/context.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { socketFailure } from '../socket-failure.js'

/** No connection could be made to any address, so nothing was sent. Callers see a plain ConnectionError. */
export class UnreachableError extends ConnectionError {
  constructor(reason: string, context: ErrorContext) {
    super(reason, context)
    this.name = 'ConnectionError'
  }
}

/**
 * Converts an error of a socket, of TLS or of undici. The message names the origin, never the path, which may
 * contain a key.
 */
export function socketError(error: unknown, shown: string, context: ErrorContext): IntegrationError {
  return socketFailure(error, shown, context)
}
