import { sharedController } from '../../../core/abort.js'
import type { Attempt } from '../../../core/adapter/attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../../../core/adapter/inbound.js'
import type { Clock } from '../../../core/clock.js'
import { SubscribeError } from '../../../core/errors/pubsub.js'
import type { Value } from '../../../core/value.js'
import type { Session } from './session.js'
import type { Subscribers } from './subscribers.js'

/** The connection on which a subscription is opened, and its settings. */
export interface SubscriptionContext {
  readonly session: Session
  readonly subscribers: Subscribers
  /** Method that ends a subscription, if configured. */
  readonly unsubscribeMethod: string | undefined
  readonly integration: string
  readonly clock: Clock
}

/** How long the server may take to end a subscription, in milliseconds. */
const UNSUBSCRIBE_TIMEOUT_MS = 5000

/**
 * Opens a subscription by a call, as `eth_subscribe` of Ethereum does: the result is the id of the subscription,
 * and each notification carries that id and one item.
 * @throws SubscribeError if the result is not an id or the method that ends it is unknown; what the call throws
 */
export async function openSubscription(
  context: SubscriptionContext,
  { method, params }: { readonly method: string; readonly params: Value },
  sink: MessageSink<InboundMessage>,
  operation: Attempt,
): Promise<AdapterSubscription> {
  const { session, subscribers, unsubscribeMethod, integration } = context
  const ending = unsubscribeMethod ?? counterpartOf(method)
  if (ending === undefined)
    throw new SubscribeError(
      method,
      'cannot derive the method that ends the subscription: set "unsubscribe_method"',
      {
        integration,
      },
    )
  let opened: AdapterSubscription | undefined
  const result = await session.call(method, params, operation, (id) => {
    // Register now, because notifications may follow the result in the same read.
    if (typeof id !== 'string' && typeof id !== 'number') return
    opened = subscribers.addOpened(id, sink, () => end(context, ending, id))
  })
  if (opened !== undefined) return opened
  const found = Array.isArray(result)
    ? 'an array'
    : result === null
      ? 'null'
      : `a value of type ${typeof result}`
  throw new SubscribeError(method, `expected the id of a subscription, found ${found}`, { integration })
}

/**
 * Ends the subscription at the server. Errors are ignored, because a lost connection has ended the subscription,
 * too.
 */
async function end({ session, clock }: SubscriptionContext, method: string, id: Value): Promise<void> {
  const { signal } = sharedController()
  await session
    .call(method, [id], { deadline: clock.monotonic() + UNSUBSCRIBE_TIMEOUT_MS, signal })
    .catch(() => {})
}

/**
 * Derives the method that ends a subscription: `eth_unsubscribe` from `eth_subscribe`, `logsUnsubscribe` from
 * `logsSubscribe`.
 */
function counterpartOf(method: string): string | undefined {
  if (/unsubscribe/i.test(method)) return undefined
  if (method.includes('subscribe')) return method.replace('subscribe', 'unsubscribe')
  return method.includes('Subscribe') ? method.replace('Subscribe', 'Unsubscribe') : undefined
}
