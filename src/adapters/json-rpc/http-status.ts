import { STATUS_CODES } from 'node:http'
import {
  AuthError,
  ConnectionError,
  type ErrorContext,
  type IntegrationError,
  RateLimitedError,
  RpcError,
} from '../../core/errors.js'
import { retryAfterMs } from '../retry-after.js'
import type { SecretMask } from '../secret-mask.js'
import type { HttpAnswer } from './exchange.js'

/** What reading a status needs to know. */
export interface StatusContext {
  readonly integration: string
  /** Epoch milliseconds, to read a `Retry-After` that is a date. */
  readonly now: () => number
  /** Hides our credentials in what the server says. */
  readonly mask: SecretMask
}

/** How long a rate limit without `Retry-After` is taken to hold. */
const UNSTATED_LIMIT_MS = 1000

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/**
 * What a status says about the service as a whole, whatever the body holds; `undefined` when the body decides.
 * @param said the error that the body holds, if any: the words of the server are never lost
 */
export function serviceFailure(
  answer: HttpAnswer,
  { integration, now, mask }: StatusContext,
  said: (context: ErrorContext) => RpcError | undefined = () => undefined,
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
      return refused('the server does not accept our credentials', status, integration, said({}))
    case 403:
      return refused('our credentials do not allow this', status, integration, said({}))
    case 429: {
      const wait = retryAfter(answer, now) ?? UNSTATED_LIMIT_MS
      const words = said({})
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
        // Who says when to come back has not begun.
        ...(wait !== undefined && status === 503 && { notExecuted: true }),
      } as const
      const reason = `the service is unavailable (${statusText(status)})`
      return said(context) ?? new ConnectionError(reason, { integration, ...context })
    }
    default:
      return undefined
  }
}

function refused(reason: string, status: number, integration: string, said: RpcError | undefined): AuthError {
  const words = said === undefined ? '' : `: ${said.code} ${said.message}`
  return new AuthError(`${reason} (${statusText(status)})${words}`, {
    integration,
    notExecuted: true,
    ...(said !== undefined && { cause: said }),
  })
}

/** Redirects are not followed: credentials would go where nobody configured them to go. */
function redirection(answer: HttpAnswer, integration: string, mask: SecretMask): ConnectionError {
  const location = one(answer.headers.location)
  const where = location === undefined ? 'elsewhere' : `to ${shown(mask.text(location), answer.url)}`
  return new ConnectionError(
    `the server redirects ${where} (${statusText(answer.status)}), which is not followed: change the address of the endpoint`,
    { integration, retryable: false, notExecuted: true },
  )
}

/**
 * A location without its query, and without the path that we asked for: it may hold a key. An address that we could
 * be given instead is shown whole; any other is shown as it was sent.
 */
function shown(location: string, asked: string): string {
  const { pathname } = new URL(asked)
  const url = URL.canParse(location, asked) ? new URL(location, asked) : undefined
  if (url === undefined || !ADDRESSABLE.test(url.protocol)) return asSent(location, pathname)
  if (url.pathname === pathname) return `${url.origin}, with the same path`
  return printable(`${url.origin}${url.pathname}`)
}

/** The schemes of addresses that an endpoint may have. */
const ADDRESSABLE = /^(https?|wss?):$/
/** Characters of a location that are shown. */
const LONGEST_LOCATION = 200

function asSent(location: string, pathname: string): string {
  const bare = location.replace(/[?#].*/s, '').replace(/\/\/[^/]*@/, '//')
  return printable(pathname === '/' ? bare : bare.replaceAll(pathname, '…'))
}

function printable(text: string): string {
  const escaped = text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return escaped.length > LONGEST_LOCATION ? `${escaped.slice(0, LONGEST_LOCATION)}…` : escaped
}

/** The failure of an answer that neither its status nor its body explains; its code is the HTTP status. */
export function unexplainedFailure(
  answer: HttpAnswer,
  { integration, mask }: Omit<StatusContext, 'now'>,
): RpcError {
  const type = contentType(answer, mask)
  const found = answer.body.length === 0 ? 'an empty body' : (type ?? 'a body without a content type')
  return new RpcError(
    answer.status,
    `${statusText(answer.status)}: expected an answer of JSON-RPC, found ${found}`,
    undefined,
    { integration },
  )
}

export function statusText(status: number): string {
  const name = STATUS_CODES[status]
  return name === undefined ? `HTTP ${status}` : `HTTP ${status} ${name}`
}

/** The media type of the body as the server names it, cut short and stripped of what does not print. */
export function contentType(answer: HttpAnswer, mask: SecretMask): string | undefined {
  const type = one(answer.headers['content-type'])
  return (
    type &&
    mask
      .text(type)
      .replace(/[^\x20-\x7e]/g, '?')
      .slice(0, 100)
  )
}

function retryAfter(answer: HttpAnswer, now: () => number): number | undefined {
  return retryAfterMs(one(answer.headers['retry-after']), now)
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
