import {
  AckError,
  DequeueError,
  EnqueueError,
  type ErrorContext,
  type IntegrationError,
  PublishError,
  RpcError,
  SubscribeError,
} from '../core/errors.js'
import type { Verb } from '../mailbox/protocol.js'
import { asIntegrationError } from '../resilience/classify.js'

/** JSON-RPC 2.0, section 5.1. */
const INTERNAL_ERROR = -32_603

/**
 * What an adapter threw, as the error that its caller is promised. A bug in an adapter throws anything: it becomes the
 * error of the operation, with the bug as its cause, and is not retried.
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

function describe(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `it threw ${String(thrown)}`
}
