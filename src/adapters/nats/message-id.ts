import { randomUUID } from 'node:crypto'
import type { Attempt } from '../../core/adapter.js'
import type { Headers } from '../../core/value.js'

/** The header by which a stream knows a message that it has already (JetStream, `duplicate_window`). */
export const MESSAGE_ID = 'Nats-Msg-Id'

/** All attempts of one operation have one context. */
const ids = new WeakMap<Attempt, string>()

/** The header with the id of a message: the one that the sender gives, else one for the operation and all its attempts. */
export function messageId(headers: Headers | undefined, context: Attempt): Headers {
  const given = headers?.[MESSAGE_ID]
  if (given !== undefined) return { [MESSAGE_ID]: given }
  let id = ids.get(context)
  if (id === undefined) {
    id = randomUUID()
    ids.set(context, id)
  }
  return { [MESSAGE_ID]: id }
}
