import { ConnectionError } from '../core/errors/connection.js'
import type { ErrorContext } from '../core/errors/context.js'
import type { IntegrationError } from '../core/errors/integration-error.js'
import { PublishError, SubscribeError } from '../core/errors/pubsub.js'
import { AckError, DequeueError, EnqueueError } from '../core/errors/queue.js'
import { RpcError } from '../core/errors/rpc.js'
import { encodeError } from '../mailbox/error-codec.js'
import type { Verb } from '../mailbox/protocol.js'
import { asIntegrationError } from '../resilience/classify.js'

/** JSON-RPC 2.0, section 5.1. */
const INTERNAL_ERROR = -32_603

/**
 * Converts what an adapter threw into an `IntegrationError`. A bug of the adapter becomes the cause of the operation's
 * error and is not retried. Never throws.
 */
export function failureOf(verb: Verb, target: string, thrown: unknown): IntegrationError {
  const known = asIntegrationError(thrown)
  if (known !== undefined) return known
  const reason = `the adapter failed: ${describe(thrown)}`
  const context: ErrorContext = { cause: thrown, retryable: false, fault: 'local' }
  switch (verb) {
    case 'publish':
      return new PublishError(target, reason, context)
    case 'enqueue':
      return new EnqueueError(target, reason, context)
    case 'subscribe':
    case 'serve':
      return new SubscribeError(target, reason, context)
    case 'receive':
    case 'consume':
      return new DequeueError(target, reason, context)
    case 'ack':
    case 'nack':
    case 'undelivered':
      return new AckError(target, reason, context)
    default:
      return new RpcError(INTERNAL_ERROR, reason, undefined, context)
  }
}

/** Returns what an adapter threw when it connected, or reported when it lost its connection, as a readable Error. */
export function connectionFailureOf(thrown: unknown): Error {
  const known = asIntegrationError(thrown)
  if (known !== undefined) return known
  return isReadable(thrown) ? thrown : new ConnectionError(`the adapter failed: ${describe(thrown)}`)
}

function isReadable(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error && typeof thrown.message === 'string'
  } catch {
    return false
  }
}

/** Never throws, whatever the value does when it is read. */
function describe(thrown: unknown): string {
  const { name, message, stack } = encodeError(thrown)
  return stack === undefined ? `it threw ${message}` : `${name}: ${message}`
}
