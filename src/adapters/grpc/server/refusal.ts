import { Metadata, status } from '@grpc/grpc-js'
import { IntegrationError } from '../../../core/errors/integration-error.js'
import { RpcError } from '../../../core/errors/rpc.js'
import { writeApplicationError } from '../app-error.js'

/** A status in the form that grpc-js sends. */
export interface Refusal {
  readonly code: number
  readonly details: string
  readonly metadata: Metadata
}

/** gRPC codes for those of JSON-RPC, so that a handler can serve both protocols. */
const STANDARD: Readonly<Record<number, status>> = {
  [-32_700]: status.INVALID_ARGUMENT,
  [-32_600]: status.INVALID_ARGUMENT,
  [-32_601]: status.UNIMPLEMENTED,
  [-32_602]: status.INVALID_ARGUMENT,
  [-32_603]: status.INTERNAL,
}

/**
 * Converts a handler's error into a status. An RpcError with a gRPC code keeps it; other codes, and data, go to a
 * trailer that another gateway reads.
 */
export function refusalOf(error: Error): Refusal {
  const metadata = new Metadata()
  if (!(error instanceof RpcError)) return { code: codeOf(error), details: error.message, metadata }
  const standard = isStatusCode(error.code) ? error.code : STANDARD[error.code]
  if (standard === undefined || error.data !== undefined) writeApplicationError(metadata, error)
  return { code: standard ?? status.UNKNOWN, details: error.message, metadata }
}

/** Makes the status for an internal failure. It has no details, because callers must not see internals. */
export function internalError(): Refusal {
  return { code: status.INTERNAL, details: 'Internal error', metadata: new Metadata() }
}

function isStatusCode(code: number): boolean {
  return Number.isInteger(code) && code > status.OK && code <= status.UNAUTHENTICATED
}

function codeOf(error: Error): status {
  switch (error instanceof IntegrationError ? error.kind : undefined) {
    case 'auth':
      return status.UNAUTHENTICATED
    case 'timeout':
      return status.DEADLINE_EXCEEDED
    case 'cancelled':
      return status.CANCELLED
    case 'unsupported':
      return status.UNIMPLEMENTED
    case 'rate-limited':
    case 'mailbox-full':
      return status.RESOURCE_EXHAUSTED
    case 'connection':
    case 'circuit-open':
    case 'shutdown':
    case 'actor-crashed':
      return status.UNAVAILABLE
    case 'serialize':
      return status.INTERNAL
    default:
      return status.UNKNOWN
  }
}
