import { Buffer } from 'node:buffer'
import { type Metadata, status } from '@grpc/grpc-js'
import {
  AuthError,
  CancelledError,
  ConnectionError,
  type IntegrationError,
  RpcError,
  TimeoutError,
} from '../../core/errors.js'
import type { Value } from '../../core/value.js'
import type { SecretMask } from '../secret-mask.js'
import { readApplicationError } from './app-error.js'
import { localReason } from './connect-failure.js'
import { headersOf } from './metadata.js'

/** How a call ended, as the library tells it. */
export interface Status {
  readonly code: number
  readonly details: string
  readonly metadata?: Metadata
}

/** What making an error of a status needs to know. */
export interface StatusContext {
  readonly integration: string
  /** The server's name, for messages. */
  readonly server: string
  /** Hides our credentials in what the server says. */
  readonly mask: SecretMask
  /** Reads a `google.rpc.Status`. @throws SerializeError */
  readonly details: (bytes: Uint8Array) => Value
}

/** The name of a code: `UNIMPLEMENTED`. */
function codeName(code: number): string {
  return status[code] ?? `code ${code}`
}

/**
 * The error that a status other than OK means.
 * @param operation for a time-out: `call Orders/Get`
 */
export function statusError(found: Status, operation: string, context: StatusContext): IntegrationError {
  const { integration } = context
  switch (found.code) {
    case status.CANCELLED:
      if (found.details === RESET) return brokenOff(context)
      return new CancelledError({ integration, cause: new Error('the server cancelled the call') })
    case status.DEADLINE_EXCEEDED:
      return new TimeoutError(operation, { integration })
    case status.UNAUTHENTICATED:
      // Without the words of the server: they may repeat what it was sent.
      return new AuthError('the server does not accept our credentials (UNAUTHENTICATED)', {
        integration,
        notExecuted: true,
      })
    case status.UNAVAILABLE:
      return unavailable(found, context)
    default:
      return refused(found, context)
  }
}

/** What the library says where the server has reset a stream: a server that stops does so. */
const RESET = 'Call cancelled'

function brokenOff({ server, integration }: StatusContext): ConnectionError {
  return new ConnectionError(`${server}: the server broke the call off`, { integration })
}

function unavailable(found: Status, context: StatusContext): ConnectionError {
  const { details, metadata } = found
  const { integration, server, mask } = context
  const wait = retryDelayOf(detailsOf(found, context))
  const local = LOCAL.test(details)
  // What a server sends has trailers. A stream that it refused was not processed (RFC 9113, section 8.7).
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

/** What the library itself says when there is no connection. */
const LOCAL =
  /^(round_robin: )?(No connection established|Connection dropped|Channel closed|Name resolution failed|.*ECONNRESET|Stream refused)/
/** Of these, what it says when no byte of the request was processed. */
const NOT_SENT =
  /^(round_robin: )?(No connection established|Channel closed before|Name resolution failed|Stream refused by server)/
/** What it says of a message beyond our own limit. */
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

/** The messages of `google.rpc.Status.details`; none when there are none, or they cannot be read. */
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

/** Milliseconds of a `google.rpc.RetryInfo`. */
function retryDelayOf(details: readonly Value[]): number | undefined {
  for (const detail of details) {
    const { '@type': type, retryDelay } = (detail ?? {}) as { '@type'?: unknown; retryDelay?: unknown }
    if (typeof type !== 'string' || !type.endsWith('google.rpc.RetryInfo')) continue
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(String(retryDelay))?.[1]
    if (seconds !== undefined) return Math.min(Number(seconds) * 1000, 86_400_000)
  }
  return undefined
}
