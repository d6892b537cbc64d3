import type { Attempt } from '../../core/adapter/attempt.js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import type { Headers } from '../../core/value.js'

/** The header by which a stream recognises a duplicate (JetStream, `duplicate_window`). */
export const MESSAGE_ID = 'Nats-Msg-Id'

/**
 * Returns the message id header: the sender's own id, that of the message, or one derived from the operation. All
 * attempts of an operation share it, so that a stream stores a repeated message once.
 * @param own its `clientId` makes the id unique among gateways
 */
export function messageId(
  headers: Headers | undefined,
  context: Attempt,
  own: Pick<AdapterContext, 'clientId' | 'random'>,
): Headers {
  const given = headers?.[MESSAGE_ID]
  if (given !== undefined) return { [MESSAGE_ID]: given }
  const { operationId, messageId: named } = context
  if (named !== undefined) return { [MESSAGE_ID]: named }
  return { [MESSAGE_ID]: operationId === undefined ? own.random.uuid() : `${own.clientId}:${operationId}` }
}
