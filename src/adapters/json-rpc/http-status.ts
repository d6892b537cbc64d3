import { STATUS_CODES } from 'node:http'
import {
  AuthError,
  ConnectionError,
  type IntegrationError,
  RateLimitedError,
  RpcError,
} from '../../core/errors.js'
import { retryAfterMs } from '../retry-after.js'
import type { HttpAnswer } from './exchange.js'

/** How long a rate limit without `Retry-After` is taken to hold. */
const UNSTATED_LIMIT_MS = 1000

export const isSuccess = (status: number): boolean => status >= 200 && status < 300

/**
 * What a status says about the service as a whole, whatever the body holds; `undefined` when the body decides.
 * @param now gives epoch milliseconds, to read a `Retry-After` that is a date
 */
export function serviceFailure(
  answer: HttpAnswer,
  integration: string,
  now: () => number,
): IntegrationError | undefined {
  switch (answer.status) {
    case 401:
      return new AuthError(`the server does not accept our credentials (${statusText(401)})`, { integration })
    case 403:
      return new AuthError(`our credentials do not allow this (${statusText(403)})`, { integration })
    case 429:
      return new RateLimitedError(retryAfter(answer, now) ?? UNSTATED_LIMIT_MS, { integration })
    case 502:
    case 503:
    case 504:
      return unavailable(answer, integration, retryAfter(answer, now))
    default:
      return undefined
  }
}

function unavailable(
  answer: HttpAnswer,
  integration: string,
  retryAfterMs: number | undefined,
): ConnectionError {
  return new ConnectionError(`the service is unavailable (${statusText(answer.status)})`, {
    integration,
    errorClass: 'service-unavailable',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/** The failure of an answer that neither its status nor its body explains; its code is the HTTP status. */
export function unexplainedFailure(answer: HttpAnswer, integration: string): RpcError {
  const type = contentType(answer)
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
export function contentType(answer: HttpAnswer): string | undefined {
  const type = one(answer.headers['content-type'])
  return type?.replace(/[^\x20-\x7e]/g, '?').slice(0, 100)
}

function retryAfter(answer: HttpAnswer, now: () => number): number | undefined {
  return retryAfterMs(one(answer.headers['retry-after']), now)
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
