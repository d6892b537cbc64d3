import { AuthError, ConnectionError } from '../../../core/errors/connection.js'

/** Errors of a server that does not accept our credentials, or no longer does. */
const AUTH_REFUSAL =
  /authorization violation|authentication (expired|revoked)|user authentication(?! timeout)/i
/** Errors that a retry would repeat: the endpoint or what we send is wrong. */
const PERMANENT =
  /route port|gateway port|leafnode port|tls required|unknown protocol|invalid client protocol|parser error|maximum (control line|payload)/i
const VIOLATION = /permissions violation for (publish|subscription) to "([^"]+)"/i
/** Errors that refuse a subscription without naming it. The server answers in the order of requests. */
const SUBSCRIPTION = /maximum (account )?subscriptions exceeded|number of tokens limit|invalid subject/i
const PUBLISH = /invalid publish subject/i

/**
 * What an -ERR concerns (NATS client protocol):
 * - a subject that we may not publish or subscribe to;
 * - the oldest unconfirmed subscription;
 * - a published message, which the server does not name;
 * - the connection, which the server then closes in most cases.
 */
export type ServerError =
  | { readonly about: 'publish' | 'subscription'; readonly subject: string }
  | { readonly about: 'latest-subscription' | 'message' | 'connection' }

/** Classifies the text of an -ERR. */
export function serverError(text: string): ServerError {
  const violation = VIOLATION.exec(text)
  if (violation !== null) {
    const [, kind, subject] = violation as unknown as [string, string, string]
    return { about: kind.toLowerCase() as 'publish' | 'subscription', subject }
  }
  if (SUBSCRIPTION.test(text)) return { about: 'latest-subscription' }
  return { about: PUBLISH.test(text) ? 'message' : 'connection' }
}

/** Returns the error of a connection that a server ends with -ERR. @param text without secrets */
export function refusal(where: string, text: string): AuthError | ConnectionError {
  if (AUTH_REFUSAL.test(text)) return new AuthError(`${where} refused the credentials: ${text}`)
  return new ConnectionError(`${where} ended the connection: ${text}`, {
    ...(PERMANENT.test(text) && { retryable: false }),
  })
}
