import { STATUS_CODES } from 'node:http'
import { AuthError, ConnectionError } from '../../core/errors/connection.js'
import type { ErrorContext } from '../../core/errors/context.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { RateLimitedError } from '../../core/errors/limits.js'
import { RpcError } from '../../core/errors/rpc.js'
import { retryAfterMs } from '../retry-after.js'
import type { SecretMask } from '../secret-mask.js'
import type { HttpAnswer } from './exchange.js'

/** Dependencies for reading a status. */
export interface StatusContext {
  readonly integration: string
  /** Current time in epoch milliseconds, for a `Retry-After` that is a date. */
  readonly now: () => number
  /** Masks our credentials in the server's texts. */
  readonly mask: SecretMask
}

/** How long a rate limit without `Retry-After` is assumed to last. */
const UNSTATED_LIMIT_MS = 1000

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/**
 * Returns the error that a status alone determines, or `undefined` if the body decides.
 * @param bodyError returns the error in the body, if any, so that the server's own message is kept
 */
export function serviceFailure(
  answer: HttpAnswer,
  { integration, now, mask }: StatusContext,
  bodyError: (context: ErrorContext) => RpcError | undefined = () => undefined,
): IntegrationError | undefined {
  const { status } = answer
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return redirection(answer, integration, mask)
    case 401:
      return refused('the server rejects our credentials', status, integration, bodyError({}))
    case 403:
      return refused('our credentials do not allow this', status, integration, bodyError({}))
    case 429: {
      const wait = retryAfter(answer, now) ?? UNSTATED_LIMIT_MS
      const words = bodyError({})
      return new RateLimitedError(wait, {
        integration,
        notExecuted: true,
        ...(words !== undefined && { cause: words }),
      })
    }
    case 502:
    case 503:
    case 504: {
      const wait = retryAfter(answer, now)
      const context = {
        errorClass: 'service-unavailable',
        retryable: true,
        ...(wait !== undefined && { retryAfterMs: wait }),
        // A 503 with `Retry-After` means that the server has not begun to process the request.
        ...(wait !== undefined && status === 503 && { notExecuted: true }),
      } as const
      const reason = `the service is unavailable (${statusText(status)})`
      return bodyError(context) ?? new ConnectionError(reason, { integration, ...context })
    }
    default:
      return undefined
  }
}

function refused(
  reason: string,
  status: number,
  integration: string,
  bodyError: RpcError | undefined,
): AuthError {
  const words = bodyError === undefined ? '' : `: ${bodyError.code} ${bodyError.message}`
  return new AuthError(`${reason} (${statusText(status)})${words}`, {
    integration,
    notExecuted: true,
    ...(bodyError !== undefined && { cause: bodyError }),
  })
}

/**
 * Describes a redirect. Redirects are not followed, because they would send credentials to a host that is not
 * configured.
 */
function redirection(answer: HttpAnswer, integration: string, mask: SecretMask): ConnectionError {
  const location = firstOf(answer.headers.location)
  const where = location === undefined ? 'elsewhere' : `to ${shown(mask.text(location), answer.url)}`
  return new ConnectionError(
    `the server redirects ${where} (${statusText(answer.status)}), which is not followed: change the address of the endpoint`,
    { integration, retryable: false, notExecuted: true },
  )
}

/**
 * Returns the redirect location without its query and without the requested path, because either may contain a key.
 * A URL is shown with origin and path, any other location as the server sent it.
 */
function shown(location: string, asked: string): string {
  const { pathname } = new URL(asked)
  const url = URL.canParse(location, asked) ? new URL(location, asked) : undefined
  if (url === undefined || !ADDRESSABLE.test(url.protocol)) return asSent(location, pathname)
  if (url.pathname === pathname) return `${url.origin}, with the same path`
  return printable(`${url.origin}${url.pathname}`)
}

/** Schemes that an endpoint address may have. */
const ADDRESSABLE = /^(https?|wss?):$/
/** Maximum length of a location in a message, in characters. */
const LONGEST_LOCATION = 200

function asSent(location: string, pathname: string): string {
  const bare = location.replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')
  return printable(pathname === '/' ? bare : bare.replaceAll(pathname, '…'))
}

function printable(text: string): string {
  const escaped = text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression must match control characters
    /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return escaped.length > LONGEST_LOCATION ? `${escaped.slice(0, LONGEST_LOCATION)}…` : escaped
}

/**
 * Returns the error of an answer that neither its status nor its body explains. The error code is the HTTP status.
 */
export function unexplainedFailure(
  answer: HttpAnswer,
  { integration, mask }: Omit<StatusContext, 'now'>,
): RpcError {
  const type = contentType(answer, mask)
  const found = answer.body.length === 0 ? 'an empty body' : (type ?? 'a body without a content type')
  return new RpcError(
    answer.status,
    `${statusText(answer.status)}: expected a JSON-RPC answer, found ${found}`,
    undefined,
    { integration },
  )
}

export function statusText(status: number): string {
  const name = STATUS_CODES[status]
  return name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`
}

/** Returns the media type as the server names it, truncated and without unprintable characters. */
export function contentType(answer: HttpAnswer, mask: SecretMask): string | undefined {
  const type = firstOf(answer.headers['content-type'])
  return (
    type &&
    mask
      .text(type)
      .replace(/[^\x20-\x7e]/g, '?')
      .slice(0, 100)
  )
}

function retryAfter(answer: HttpAnswer, now: () => number): number | undefined {
  return retryAfterMs(firstOf(answer.headers['retry-after']), now)
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
