import { IntegrationError } from '../core/errors.js'

/**
 * The error as an `IntegrationError`, or `undefined` when it is anything else. An adapter from another
 * package may bring its own copy of this library, so that `instanceof` alone is not enough.
 */
export function asIntegrationError(error: unknown): IntegrationError | undefined {
  if (error instanceof IntegrationError) return error
  if (!(error instanceof Error)) return undefined
  const { kind, retryable } = error as Partial<IntegrationError>
  return typeof kind === 'string' && typeof retryable === 'boolean' ? (error as IntegrationError) : undefined
}

/** What the end of an operation tells a circuit breaker about the other side. */
export type BreakerVerdict = 'success' | 'failure' | 'unknown'

/**
 * Whether an error says that the other side cannot be reached or cannot work: no connection, no answer in
 * time, or an answer that says "unavailable". An error answer of a working service does not, and neither
 * does anything that is our own doing (a value that cannot be encoded, a cancelled call, a full pool, a caller's
 * own short deadline, a refused login).
 */
export function countsAsFailure(error: unknown): boolean {
  const known = asIntegrationError(error)
  if (known === undefined || known.fault === 'local') return false
  return known.kind === 'connection' || known.kind === 'timeout' || known.errorClass === 'service-unavailable'
}

/**
 * What a rejected operation tells a circuit breaker. An RPC error is a sign of life; what never reached the
 * other side, or was refused before it did any work, tells nothing.
 */
export function verdictOf(error: unknown): BreakerVerdict {
  if (countsAsFailure(error)) return 'failure'
  return asIntegrationError(error)?.kind === 'rpc' ? 'success' : 'unknown'
}
