import type { Reply } from './answer-encoder.js'
import type { AccessRefused, Caller } from './caller.js'
import { accessRefused, type Entry } from './messages.js'

/**
 * Passes the parameters of a request to `authenticate` of its caller. Later messages of the caller wait until the token
 * has been checked.
 * @returns the reply; `undefined` if the request is a notification
 */
export async function presentToken(
  entry: Exclude<Entry, { readonly kind: 'invalid' }>,
  caller: Caller,
): Promise<Reply | undefined> {
  const checked = caller.authenticate!(entry.params)
  const done = checked
    .catch(() => {})
    .finally(() => {
      if (caller.authenticating === done) caller.authenticating = undefined
    })
  caller.authenticating = done
  try {
    const result = await checked
    if (entry.kind !== 'call') return undefined
    return { id: entry.id, value: { jsonrpc: '2.0', result, id: entry.id } }
  } catch (refused) {
    if (entry.kind !== 'call') return undefined
    return { id: entry.id, value: accessRefused(entry.id, (refused as AccessRefused).refusal) }
  }
}
