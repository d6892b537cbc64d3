import { ConfigError } from '../core/errors/config.js'
import { IntegrationError } from '../core/errors/integration-error.js'
import { ERROR_KINDS, type ErrorKind } from '../core/errors/kinds.js'
import { messageOf } from '../mailbox/error-codec.js'

/** The codes of JSON-RPC 2.0, section 5.1. */
export const PARSE_ERROR = -32_700
export const INVALID_REQUEST = -32_600
export const METHOD_NOT_FOUND = -32_601
export const INVALID_PARAMS = -32_602
export const INTERNAL_ERROR = -32_603
/** A request before `initialize`. The Language Server Protocol uses the same code. */
export const NOT_INITIALIZED = -32_002

/** The code of the first kind of errors. Each further kind has the next lower number. */
const FIRST_KIND = -32_010

/** The code of a kind of errors of the gateway. */
export function codeOf(kind: ErrorKind): number {
  return kind === 'config' ? INVALID_PARAMS : FIRST_KIND - ERROR_KINDS.indexOf(kind)
}

/** An error object of JSON-RPC 2.0. */
export interface WireError {
  readonly code: number
  readonly message: string
  readonly data?: { readonly [member: string]: unknown }
}

/** A fault of a message itself: nothing was executed. */
export class ProtocolFault extends Error {
  readonly code: number
  readonly hint: string | undefined

  constructor(code: number, message: string, hint?: string) {
    super(hint === undefined ? message : `${message}; ${hint}`)
    this.code = code
    this.hint = hint
  }
}

/** Fields of our errors that clients get, beside those of every error. */
const FIELDS = [
  'integration',
  'reason',
  'operation',
  'topic',
  'queue',
  'retryAfterMs',
  'maybeExecuted',
  'notExecuted',
] as const

/** Converts anything that was thrown to an error object. Never throws. */
export function wireError(thrown: unknown): WireError {
  if (thrown instanceof ProtocolFault) {
    const { code, message, hint } = thrown
    return {
      code,
      message,
      data: { retryable: false, notExecuted: true, ...(hint !== undefined && { hint }) },
    }
  }
  if (!(thrown instanceof IntegrationError))
    return { code: INTERNAL_ERROR, message: 'Internal error', data: { reason: messageOf(thrown) } }
  const { kind, retryable } = thrown
  const fields = thrown as unknown as Readonly<Record<string, unknown>>
  const known = FIELDS.filter((name) => fields[name] !== undefined && fields[name] !== '')
  return {
    code: codeOf(kind),
    message: thrown.message,
    data: {
      kind,
      retryable,
      ...Object.fromEntries(known.map((name) => [name, fields[name]])),
      // A wrong argument is found before anything is sent, and a refused reload changes nothing.
      ...(kind === 'config' && { notExecuted: true }),
      ...(thrown instanceof ConfigError &&
        thrown.diagnostics.length > 0 && { diagnostics: thrown.diagnostics }),
      // The code and data of the service that was called, which may use our codes for something else.
      ...(kind === 'rpc' && { code: fields.code, ...(fields.data !== undefined && { data: fields.data }) }),
    },
  }
}
