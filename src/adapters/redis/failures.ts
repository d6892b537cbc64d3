import { AuthError, ConnectionError, type ErrorContext, IntegrationError } from '../../core/errors.js'

/** Begin an error reply that says our credentials will not do, or do not suffice. */
const AUTH_REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|DENIED)\b|^ERR (invalid password|Client sent AUTH|AUTH )/

/** The server cannot serve us now, and another connection may find one that can. */
const ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|UNBLOCKED)\b/

/** The server takes the same command again once it has room or peace. */
const LATER = /^(OOM|BUSY|TRYAGAIN|CLUSTERDOWN|NOREPLICAS|MISCONF|ASK|MOVED|NOSCRIPT)\b/

/** What an error reply of Redis means to a caller. */
type ReplyMeaning = 'auth' | 'connection' | 'later' | 'refused'

/** Judges an error reply by its first word (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
function meaningOf(reply: string): ReplyMeaning {
  if (AUTH_REFUSALS.test(reply)) return 'auth'
  if (ELSEWHERE.test(reply)) return 'connection'
  return LATER.test(reply) ? 'later' : 'refused'
}

/** Makes an error of a facet from a reason. */
export type Failure = (reason: string, context: ErrorContext) => IntegrationError

/** Whether the server answered with an error, rather than not at all. */
export function isReplyError(error: unknown): error is Error {
  return (error as Error | undefined)?.name === 'ReplyError'
}

/**
 * Translates what a command was rejected with. A reply of the server keeps its words, which hold no arguments of
 * ours; the error of the client library does not go along, for it carries them.
 */
export function commandFailure(error: unknown, failure: Failure): IntegrationError {
  if (error instanceof IntegrationError) return error
  const text = String((error as Error | undefined)?.message ?? error)
  if (!isReplyError(error)) return new ConnectionError(`the connection was lost: ${text}`)
  switch (meaningOf(text)) {
    case 'auth':
      return new AuthError(withoutArguments(text))
    case 'connection':
      return new ConnectionError(text, { errorClass: 'service-unavailable' })
    case 'later':
      return failure(text, { retryable: true, errorClass: 'service-unavailable' })
    default:
      return failure(text, { retryable: false })
  }
}

/** The error of a socket that could not be opened, or broke. `where` names the server. */
export function socketFailure(where: string, cause: unknown): IntegrationError {
  if (cause instanceof IntegrationError) return cause
  const { code, message, name } = (cause ?? {}) as { code?: string; message?: string; name?: string }
  if (name === 'TimeoutError') return new ConnectionError(`no answer from ${where} in time`, { cause })
  if (name === 'AbortError') return new ConnectionError(`connecting to ${where} was given up`, { cause })
  if (code?.startsWith('ERR_SSL_') && /ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code))
    return new AuthError(`${where} refuses the client certificate: ${code}`, { cause })
  return new ConnectionError(`connection to ${where}: ${message || code || 'closed'}`, { cause })
}

/** The error reply to a greeting: wrong credentials, or a server that cannot serve us now or at all. */
export function greetingFailure(where: string, reply: string): IntegrationError {
  const text = `${where} refuses the connection: ${withoutArguments(reply)}`
  switch (meaningOf(reply)) {
    case 'auth':
      return new AuthError(text)
    case 'refused':
      return new ConnectionError(text, { retryable: /max number of clients/.test(reply) })
    default:
      return new ConnectionError(text, { errorClass: 'service-unavailable' })
  }
}

/** The error of an operation that comes while there is no connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected')
}

/** Some servers repeat what they were sent ("unknown command …, with args beginning with"): not to be shown. */
function withoutArguments(reply: string): string {
  return reply.replace(/,? with args beginning with.*/s, '').slice(0, 300)
}
