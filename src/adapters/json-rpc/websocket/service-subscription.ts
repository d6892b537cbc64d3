import type { AdapterSubscription, Attempt, InboundMessage, MessageSink } from '../../../core/adapter.js'
import type { Clock } from '../../../core/clock.js'
import { SubscribeError } from '../../../core/errors.js'
import type { Value } from '../../../core/value.js'
import type { Session } from './session.js'
import type { Subscribers } from './subscribers.js'

/** The connection on which a subscription is opened. */
export interface Place {
  readonly session: Session
  readonly subscribers: Subscribers
  /** What ends a subscription, where the configuration says so. */
  readonly unsubscribeMethod: string | undefined
  readonly integration: string
  readonly clock: Clock
}

/** How long the server may take to end a subscription, in milliseconds. */
const FAREWELL_MS = 5000

/**
 * Opens a subscription by a call, as Ethereum's `eth_subscribe` and its likes have it: the result is the id of the
 * subscription, and each notification of it holds that id and one item.
 * @throws SubscribeError for a result that is no id, or when it is not known how to end it; what the call throws
 */
export async function openSubscription(
  place: Place,
  { method, params }: { readonly method: string; readonly params: Value },
  sink: MessageSink<InboundMessage>,
  operation: Attempt,
): Promise<AdapterSubscription> {
  const { session, subscribers, unsubscribeMethod, integration } = place
  const ending = unsubscribeMethod ?? counterpartOf(method)
  if (ending === undefined)
    throw new SubscribeError(method, 'the method that ends it is not known: set "unsubscribe_method"', {
      integration,
    })
  let opened: AdapterSubscription | undefined
  const result = await session.call(method, params, operation, (id) => {
    // What follows in the same breath is for it already.
    if (typeof id !== 'string' && typeof id !== 'number') return
    opened = subscribers.addOpened(id, sink, () => end(place, ending, id))
  })
  if (opened !== undefined) return opened
  const found = Array.isArray(result)
    ? 'an array'
    : result === null
      ? 'null'
      : `a value of type ${typeof result}`
  throw new SubscribeError(method, `expected the id of a subscription, found ${found}`, { integration })
}

/** Nobody is there to hear of a failure: a connection that is gone has ended the subscription, too. */
async function end({ session, clock }: Place, method: string, id: Value): Promise<void> {
  const { signal } = new AbortController()
  await session.call(method, [id], { deadline: clock.monotonic() + FAREWELL_MS, signal }).catch(() => {})
}

/** `eth_subscribe` is ended by `eth_unsubscribe`, `logsSubscribe` by `logsUnsubscribe`. */
function counterpartOf(method: string): string | undefined {
  if (/unsubscribe/i.test(method)) return undefined
  if (method.includes('subscribe')) return method.replace('subscribe', 'unsubscribe')
  return method.includes('Subscribe') ? method.replace('Subscribe', 'Unsubscribe') : undefined
}
