import type { IntegrationError } from '../core/errors/integration-error.js'

/** The fields that decisions depend on, besides `kind` and `retryable`. */
const READ = ['message', 'errorClass', 'fault', 'notExecuted', 'retryAfterMs'] as const

/**
 * Returns the error if it is an `IntegrationError`, else `undefined`. Also accepts errors of another copy of this
 * library, which a custom adapter may use and `instanceof` does not recognise. Never throws: an error with a field that
 * cannot be read is not one.
 */
export function asIntegrationError(error: unknown): IntegrationError | undefined {
  try {
    if (!(error instanceof Error)) return undefined
    const known = error as IntegrationError
    for (const field of READ) void known[field]
    return typeof known.kind === 'string' && typeof known.retryable === 'boolean' ? known : undefined
  } catch {
    return undefined
  }
}

/** What the outcome of an operation means to a circuit breaker. */
export type BreakerVerdict = 'success' | 'failure' | 'unknown'

/**
 * Whether an error shows that the other side cannot be reached or does not work: no connection, no answer in time, or
 * the answer "unavailable". An error answer of a working service does not count, nor does an error of our own, such as
 * a value that cannot be encoded, a cancelled call, a full pool, a short deadline of the caller or a refused login.
 */
export function countsAsFailure(error: unknown): boolean {
  const known = asIntegrationError(error)
  if (known === undefined || known.fault === 'local') return false
  return known.kind === 'connection' || known.kind === 'timeout' || known.errorClass === 'service-unavailable'
}

/**
 * What a rejected operation means to a circuit breaker. An RPC error counts as a success, because the other side
 * answered; a request that did not reach it, or was refused before any work, does not count.
 */
export function verdictOf(error: unknown): BreakerVerdict {
  if (countsAsFailure(error)) return 'failure'
  return asIntegrationError(error)?.kind === 'rpc' ? 'success' : 'unknown'
}
