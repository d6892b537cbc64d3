import { AuthError, ConnectionError, type ErrorContext, IntegrationError } from '../../core/errors.js'

/** Our credentials are wrong, or allow too little. */
const AUTH_REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|DENIED)\b|^ERR (invalid password|Client sent AUTH|AUTH )/

/** The server cannot serve us now. Another connection may find one that can. */
const ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|UNBLOCKED)\b/

/** The server takes the same command once it has room or time. */
const LATER = /^(OOM|BUSY|TRYAGAIN|CLUSTERDOWN|NOREPLICAS|MISCONF|ASK|NOSCRIPT)\b/

/** The command itself is wrong for this key or this account: the server is healthy. */
const LOCAL = /^(WRONGTYPE|NOPERM|MOVED|CROSSSLOT)\b/

/** A command inside a script failed: commands before it may have had effects. */
const IN_SCRIPT = /\buser_script\b|\bscript: [\da-f]+|Error running script/i

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

/** Whether the group of a stream, or the stream itself, is gone: flushed, evicted or deleted. */
export function isGroupGone(error: unknown): boolean {
  return isReplyError(error) && /^(NOGROUP|UNBLOCKED the stream key)/.test(error.message)
}

/** Whether the server refused a command that it takes again once it has room or time. */
export function isPassing(error: unknown): boolean {
  return isReplyError(error) && LATER.test(error.message)
}

/** Whether ioredis refused a command before writing any of it. */
export function isUnsent(error: unknown): boolean {
  return /^Stream isn't writeable/.test(String((error as Error | undefined)?.message))
}

/**
 * Translates what a command was rejected with. A reply of the server keeps its words, which hold no arguments of
 * ours; the error of the client library does not go along, for it carries them. An error reply says that the command
 * was not executed.
 */
export function commandFailure(error: unknown, failure: Failure): IntegrationError {
  if (error instanceof IntegrationError) return error
  const text = String((error as Error | undefined)?.message ?? error)
  if (!isReplyError(error))
    return new ConnectionError(
      `the connection was lost: ${text}`,
      isUnsent(error) ? { notExecuted: true } : {},
    )
  const context: ErrorContext = {
    ...(!IN_SCRIPT.test(text) && { notExecuted: true }),
    ...(LOCAL.test(text) && { fault: 'local' }),
  }
  switch (meaningOf(text)) {
    case 'auth':
      return new AuthError(withoutArguments(text), context)
    case 'connection':
      return new ConnectionError(text, { ...context, errorClass: 'service-unavailable' })
    case 'later':
      return failure(text, { ...context, retryable: true, errorClass: 'service-unavailable' })
    default:
      return failure(withHint(text), { ...context, retryable: false })
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
  return new ConnectionError('not connected', { notExecuted: true })
}

function withHint(reply: string): string {
  return reply.startsWith('MOVED')
    ? `${reply}: the server is part of a cluster; set config.cluster = true`
    : reply
}

/** Some servers repeat what they were sent ("unknown command …, with args beginning with"): not to be shown. */
function withoutArguments(reply: string): string {
  return reply.replace(/,? with args beginning with.*/s, '').slice(0, 300)
}
