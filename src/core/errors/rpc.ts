import { keepNames } from './class-names.js'
import type { ErrorContext } from './context.js'
import { IntegrationError } from './integration-error.js'

/** The server answered a call with an error. */
export class RpcError extends IntegrationError {
  readonly kind = 'rpc'
  /** The code of the protocol (JSON-RPC 2.0, section 5.1), or the number of the gRPC status. */
  readonly code: number
  /** What the server adds to its error; `undefined` for nothing. */
  readonly data: unknown
  /**
   * Not retryable by default.
   * @param code a whole number of 32 bits; JSON-RPC 2.0, section 5.1, reserves -32768 to -32000
   * @param message what went wrong, for the caller
   * @param data further details, which the wire format must be able to carry
   * @param context the integration, the cause, and what overrides the defaults of the class
   */
  constructor(code: number, message: string, data?: unknown, context: ErrorContext = {}) {
    super(message, context, false)
    this.code = code
    this.data = data
  }
}

keepNames({ RpcError })
