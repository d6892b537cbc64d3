import { AuthError, ConnectionError } from '../../../core/errors.js'

/** What a server says of credentials that it does not accept (any more). */
const AUTH_REFUSAL =
  /authorization violation|authentication (expired|revoked)|user authentication(?! timeout)/i
/** Another attempt gets the same answer: the endpoint is wrong, or what we send is. */
const PERMANENT =
  /route port|gateway port|leafnode port|tls required|unknown protocol|invalid client protocol|parser error|maximum (control line|payload)/i
const VIOLATION = /permissions violation for (publish|subscription) to "([^"]+)"/i
/** A subscription that the server does not take: it answers in the order of what it was sent. */
const SUBSCRIPTION = /maximum (account )?subscriptions exceeded|number of tokens limit|invalid subject/i
const PUBLISH = /invalid publish subject/i

/**
 * What an -ERR is about (NATS client protocol):
 * - a subject to which we may not publish, or subscribe;
 * - the oldest subscription that is not confirmed;
 * - a message that was published, the server does not say which;
 * - the connection as a whole, which the server closes then in most cases.
 */
export type ServerError =
  | { readonly about: 'publish' | 'subscription'; readonly subject: string }
  | { readonly about: 'latest-subscription' | 'message' | 'connection' }

export function serverError(text: string): ServerError {
  const violation = VIOLATION.exec(text)
  if (violation !== null) {
    const [, kind, subject] = violation as unknown as [string, string, string]
    return { about: kind.toLowerCase() as 'publish' | 'subscription', subject }
  }
  if (SUBSCRIPTION.test(text)) return { about: 'latest-subscription' }
  return { about: PUBLISH.test(text) ? 'message' : 'connection' }
}

/** The error of a server that ends a connection with -ERR. @param text without secrets */
export function refusal(where: string, text: string): AuthError | ConnectionError {
  if (AUTH_REFUSAL.test(text)) return new AuthError(`${where} refuses the credentials: ${text}`)
  return new ConnectionError(`${where} ended the connection: ${text}`, {
    ...(PERMANENT.test(text) && { retryable: false }),
  })
}
