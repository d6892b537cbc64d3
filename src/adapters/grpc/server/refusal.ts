import { Metadata, status } from '@grpc/grpc-js'
import { IntegrationError, RpcError } from '../../../core/errors.js'
import { writeApplicationError } from '../app-error.js'

/** A status as the library sends it. */
export interface Refusal {
  readonly code: number
  readonly details: string
  readonly metadata: Metadata
}

/** What JSON-RPC's codes are called here: handlers that serve both may use either. */
const STANDARD: Readonly<Record<number, status>> = {
  [-32_700]: status.INVALID_ARGUMENT,
  [-32_600]: status.INVALID_ARGUMENT,
  [-32_601]: status.UNIMPLEMENTED,
  [-32_602]: status.INVALID_ARGUMENT,
  [-32_603]: status.INTERNAL,
}

/**
 * The status that an error of a handler becomes. The code of an RpcError is sent as it is where it is one of
 * gRPC's; any other, and data, travel in a trailer that a gateway at the other side understands.
 */
export function refusalOf(error: Error): Refusal {
  const metadata = new Metadata()
  if (!(error instanceof RpcError)) return { code: codeOf(error), details: error.message, metadata }
  const standard = isStatusCode(error.code) ? error.code : STANDARD[error.code]
  if (standard === undefined || error.data !== undefined) writeApplicationError(metadata, error)
  return { code: standard ?? status.UNKNOWN, details: error.message, metadata }
}

/** Without details of ours: what went wrong inside is no business of a caller. */
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
