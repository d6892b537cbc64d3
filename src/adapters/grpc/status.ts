import { Buffer } from 'node:buffer'
import { type Metadata, status } from '@grpc/grpc-js'
import { AuthError, ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { TimeoutError } from '../../core/errors/operation.js'
import { RpcError } from '../../core/errors/rpc.js'
import type { Value } from '../../core/value.js'
import type { SecretMask } from '../secret-mask.js'
import { readApplicationError } from './app-error.js'
import { localReason } from './connect-failure.js'
import { headersOf } from './metadata.js'

/** How a call ended, as grpc-js reports it. */
export interface Status {
  readonly code: number
  readonly details: string
  readonly metadata?: Metadata
}

/** Dependencies for converting a status into an error. */
export interface StatusContext {
  readonly integration: string
  /** Name of the server for messages. */
  readonly server: string
  /** Masks our credentials in the server's texts. */
  readonly mask: SecretMask
  /** Decodes a `google.rpc.Status`. @throws SerializeError */
  readonly details: (bytes: Uint8Array) => Value
}

/** Returns the name of a code, such as `UNIMPLEMENTED`. */
function codeName(code: number): string {
  return status[code] ?? `code ${code}`
}

/**
 * Converts a status other than OK into an error.
 * @param operation names the call in a time-out: `call Orders/Get`
 */
export function statusError(found: Status, operation: string, context: StatusContext): IntegrationError {
  const { integration } = context
  switch (found.code) {
    case status.CANCELLED: {
      const reason = CANCELLED_LOCALLY.get(found.details)
      return reason === undefined ? refused(found, context) : cancelled(reason, context)
    }
    case status.DEADLINE_EXCEEDED:
      return new TimeoutError(operation, { integration })
    case status.UNAUTHENTICATED:
      // Omits the server's message, which may repeat the credentials.
      return new AuthError('the server rejects our credentials (UNAUTHENTICATED)', {
        integration,
        notExecuted: true,
      })
    case status.UNAVAILABLE:
      return unavailable(found, context)
    default:
      return refused(found, context)
  }
}

/** Our message for a stream that we have closed while messages waited to be written to it. */
export const CLOSED_BY_US = 'Cancelled on client'
/** Message of grpc-js, and ours, for a stream whose connection is lost. */
export const DROPPED = 'Connection dropped'

/** Reasons by the messages of statuses that the server has not sent. */
const CANCELLED_LOCALLY: ReadonlyMap<string, string> = new Map([
  // Message of grpc-js when the server has reset a stream, as a stopping server does.
  ['Call cancelled', 'the server cancelled the call'],
  [CLOSED_BY_US, 'the stream was closed by us'],
])

function cancelled(reason: string, { server, integration }: StatusContext): ConnectionError {
  return new ConnectionError(`${server}: ${reason}`, { integration })
}

function unavailable(found: Status, context: StatusContext): ConnectionError {
  const { details, metadata } = found
  const { integration, server, mask } = context
  const wait = retryDelayOf(detailsOf(found, context))
  const local = LOCAL.test(details)
  // A status without trailers comes from grpc-js itself. A stream refused by the server was not processed (RFC
  // 9113, section 8.7).
  const isOurs = Object.keys(metadata?.getMap() ?? {}).length === 0
  return new ConnectionError(
    `${server}: ${local ? localReason(details) : `unavailable: ${mask.text(details)}`}`,
    {
      integration,
      errorClass: local ? 'connection-reset' : 'service-unavailable',
      ...(wait !== undefined && { retryAfterMs: wait }),
      ...(isOurs && NOT_SENT.test(details) && { notExecuted: true }),
    },
  )
}

/** Messages of grpc-js when there is no connection. */
const LOCAL =
  /^(round_robin: )?(No connection established|Connection dropped|Channel closed|Name resolution failed|.*ECONNRESET|Stream refused)/
/** Those of them that mean that the server processed no byte of the request. */
const NOT_SENT =
  /^(round_robin: )?(No connection established|Channel closed before|Name resolution failed|Stream refused by server)/
/** Messages of grpc-js for a message beyond our own limit. */
const OVERSIZE =
  /^(Received message (larger than max|that decompresses to a size larger)|Attempted to send message with a size larger)/

function refused(found: Status, context: StatusContext): RpcError {
  const { integration, mask } = context
  const application = readApplicationError(found.metadata)
  if (application !== undefined)
    return new RpcError(application.code, mask.text(found.details), mask.value(application.data), {
      integration,
    })
  const details = detailsOf(found, context)
  const metadata = headersOf(found.metadata)
  const data = {
    ...(details.length > 0 && { details }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
  const wait = retryDelayOf(details)
  const isRefused = found.code === status.UNIMPLEMENTED
  const isOversize = found.code === status.RESOURCE_EXHAUSTED && OVERSIZE.test(found.details)
  return new RpcError(
    found.code,
    found.details === '' ? codeName(found.code) : mask.text(found.details),
    Object.keys(data).length > 0 ? mask.value(data) : undefined,
    {
      integration,
      ...(isRefused && { notExecuted: true }),
      ...(isOversize && { fault: 'local' as const }),
      ...(found.code === status.RESOURCE_EXHAUSTED &&
        wait !== undefined && { retryable: true, errorClass: 'rate-limited' as const, retryAfterMs: wait }),
    },
  )
}

/** Decodes the messages of `google.rpc.Status.details`; empty if they are missing or malformed. */
function detailsOf({ metadata }: Status, context: StatusContext): readonly Value[] {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? []
  if (!Buffer.isBuffer(bytes)) return []
  try {
    const { details } = context.details(bytes) as { readonly details?: readonly Value[] }
    return Array.isArray(details) ? details : []
  } catch {
    return []
  }
}

/** Returns the delay of a `google.rpc.RetryInfo` in milliseconds. */
function retryDelayOf(details: readonly Value[]): number | undefined {
  for (const detail of details) {
    const { '@type': type, retryDelay } = (detail ?? {}) as { '@type'?: unknown; retryDelay?: unknown }
    if (typeof type !== 'string' || !type.endsWith('google.rpc.RetryInfo')) continue
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(String(retryDelay))?.[1]
    if (seconds !== undefined) return Math.min(Number(seconds) * 1000, 86_400_000)
  }
  return undefined
}
