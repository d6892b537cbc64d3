import type { ErrorKind } from '../core/errors/kinds.js'
import { asIntegrationError } from './classify.js'

/** The verbs that open a source. */
export type SourceVerb = 'subscribe' | 'consume' | 'serve' | 'collect'

/** Refusals that the other side may take back: permissions, keys and limits change. */
const REFUSALS: ReadonlySet<ErrorKind> = new Set<ErrorKind>(['auth', 'connection', 'rpc', 'subscribe'])

/**
 * Whether a source that was open is opened again after this error. A subscription or a consumer gives an error that is
 * not retryable to its reader. A served method has no reader, so it is opened again after every refusal.
 */
export function isReopened(verb: SourceVerb, error: unknown): boolean {
  const known = asIntegrationError(error)
  // A mailbox with `overflow = "reject"` ends its subscription.
  if (known === undefined || known.kind === 'mailbox-full') return false
  return known.retryable || (verb === 'serve' && REFUSALS.has(known.kind))
}
