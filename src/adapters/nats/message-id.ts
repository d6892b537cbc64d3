import type { AdapterContext, Attempt } from '../../core/adapter.js'
import type { Headers } from '../../core/value.js'

/** The header by which a stream knows a message that it has already (JetStream, `duplicate_window`). */
export const MESSAGE_ID = 'Nats-Msg-Id'

/**
 * The header with the id of a message: the one that the sender gives, else one for the operation, the same in all its
 * attempts and all lives of the actor, so that the stream keeps a message once that is sent again.
 * @param own whose `clientId` makes the id unique among gateways
 */
export function messageId(
  headers: Headers | undefined,
  context: Attempt,
  own: Pick<AdapterContext, 'clientId' | 'random'>,
): Headers {
  const given = headers?.[MESSAGE_ID]
  if (given !== undefined) return { [MESSAGE_ID]: given }
  const { operationId } = context
  return { [MESSAGE_ID]: operationId === undefined ? own.random.uuid() : `${own.clientId}:${operationId}` }
}
