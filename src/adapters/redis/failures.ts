import { AuthError, ConnectionError } from '../../core/errors/connection.js'
import type { ErrorContext } from '../../core/errors/context.js'
import { IntegrationError } from '../../core/errors/integration-error.js'
import { socketFailure as anySocketFailure } from '../socket-failure.js'

/** Error replies for wrong credentials or missing permissions. */
const AUTH_REFUSALS = /^(WRONGPASS|NOAUTH|NOPERM|DENIED)\b|^ERR (invalid password|Client sent AUTH|AUTH )/

/** Error replies of a server that cannot serve us now. Another connection may reach a server that can. */
const ELSEWHERE = /^(READONLY|LOADING|MASTERDOWN|UNBLOCKED)\b/

/** Error replies for a command that the server will accept later, when it has memory or time. */
const LATER = /^(OOM|BUSY|TRYAGAIN|CLUSTERDOWN|NOREPLICAS|MISCONF|ASK|NOSCRIPT)\b/

/**
 * Error replies for a command that is wrong for this key or this account. The server is healthy, so they must not open
 * the breaker.
 */
const LOCAL = /^(WRONGTYPE|NOPERM|MOVED|CROSSSLOT)\b/

/** Marks an error from inside a script: earlier commands of the script may have had effects. */
const IN_SCRIPT = /\buser_script\b|\bscript: [\da-f]+|Error running script/i

/** What an error reply means for the caller. */
type ReplyMeaning = 'auth' | 'connection' | 'later' | 'refused'

/** Classifies an error reply by its first word (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
function meaningOf(reply: string): ReplyMeaning {
  if (AUTH_REFUSALS.test(reply)) return 'auth'
  if (ELSEWHERE.test(reply)) return 'connection'
  return LATER.test(reply) ? 'later' : 'refused'
}

/** Makes the error of a facet from a reason. */
export type Failure = (reason: string, context: ErrorContext) => IntegrationError

/** Returns whether the server answered with an error reply. If not, the command may not have reached it. */
export function isReplyError(error: unknown): error is Error {
  return (error as Error | undefined)?.name === 'ReplyError'
}

/** Returns whether the stream or its group no longer exists: flushed, evicted or deleted. */
export function isGroupGone(error: unknown): boolean {
  return isReplyError(error) && /^(NOGROUP|UNBLOCKED the stream key)/.test(error.message)
}

/** Returns whether the server will accept the same command later. */
export function isPassing(error: unknown): boolean {
  return isReplyError(error) && LATER.test(error.message)
}

/** Returns whether ioredis refused a command before it wrote any of it. */
export function isUnsent(error: unknown): boolean {
  return /^Stream isn't writeable/.test(String((error as Error | undefined)?.message))
}

/**
 * Translates the rejection of a command; an error reply means that the command was not executed, except inside a
 * script. The error of ioredis is not kept as the cause, because it contains the arguments.
 */
export function commandFailure(error: unknown, failure: Failure): IntegrationError {
  if (error instanceof IntegrationError) return error
  const text = String((error as Error | undefined)?.message ?? error)
  if (!isReplyError(error))
    return new ConnectionError(`connection lost: ${text}`, isUnsent(error) ? { notExecuted: true } : {})
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

/** Returns the error of a socket that could not be opened, or that broke. `where` names the server. */
export function socketFailure(where: string, cause: unknown): IntegrationError {
  if (cause instanceof IntegrationError) return cause
  const { name } = (cause ?? {}) as { name?: string }
  if (name === 'TimeoutError') return new ConnectionError(`${where} did not answer in time`, { cause })
  if (name === 'AbortError') return new ConnectionError(`connecting to ${where} was cancelled`, { cause })
  return anySocketFailure(cause ?? new Error('closed'), `connection to ${where}`)
}

/** Returns the error for an error reply during the handshake. Only an error that may pass is retryable. */
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

/** Returns the error of an operation without a connection. */
export function notConnected(): ConnectionError {
  return new ConnectionError('not connected', { notExecuted: true })
}

function withHint(reply: string): string {
  return reply.startsWith('MOVED')
    ? `${reply}: the server is part of a cluster; set config.cluster = true`
    : reply
}

/**
 * Removes the arguments that some servers repeat in an error ("with args beginning with …"): they may contain secrets.
 */
function withoutArguments(reply: string): string {
  return reply.replace(/,? with args beginning with.*/s, '').slice(0, 300)
}
