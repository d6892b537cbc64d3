import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import { untilAborted } from '../abort.js'
import type { PublishPacket } from './client/publish-decoder.js'
import { sharedFilter } from './client/subscriptions.js'
import type { Subscriber } from './connection-resources.js'
import { type MakeFailure, operationError } from './errors.js'
import { owned } from './owned.js'
import type { Route } from './router.js'
import { SubscriptionFlow } from './subscription-flow.js'

/** What to subscribe to, and how to convert its messages. */
export interface Subscription<M extends InboundMessage> {
  /** The topic filter as sent to the broker, including `$share/GROUP/`. */
  readonly filter: string
  readonly qos: 0 | 1 | 2
  /** @returns undefined if the message is not for the sink */
  readonly toMessage: (packet: PublishPacket, taken: (() => void) | undefined) => M | undefined
  readonly failure: MakeFailure
}

/**
 * Subscribes and delivers the messages to `sink`. Messages for a full sink wait here, while other subscriptions of the
 * session continue.
 * @throws what `failure` makes of a refusal; ConnectionError; CancelledError or TimeoutError when `signal` aborts
 */
export async function subscribeSink<M extends InboundMessage>(
  { session, inbox, held, continuity, outlives, newSubscriptionId }: Subscriber,
  subscription: Subscription<M>,
  sink: MessageSink<M>,
  signal: AbortSignal,
): Promise<AdapterSubscription> {
  const { filter, toMessage, failure } = subscription
  const flow = new SubscriptionFlow(sink, held)
  let grantedQos: 0 | 1 | 2 | undefined
  let state: 'open' | 'finishing' | 'detached' | 'closed' = 'open'
  const route: Route = {
    filter: sharedFilter(filter),
    subscribed: filter,
    id: session.connack.subscriptionIdsAvailable ? newSubscriptionId() : undefined,
    accept(packet, taken, hold) {
      // After a detach, messages stay with the broker for the next process.
      if (state === 'detached') return
      const message = toMessage(flow.isHolding ? owned(packet) : packet, taken)
      if (message === undefined) taken?.()
      else flow.give(message, hold)
    },
    lost: (count, reason) => flow.lost(count, reason),
    ended(kept) {
      flow.ended(kept)
      if (grantedQos !== undefined && state === 'open') continuity.ended(filter, kept && grantedQos > 0)
    },
  }
  inbox.add(route)
  try {
    grantedQos = await untilAborted(
      session.subscribe(filter, subscription.qos, route.id),
      signal,
      `subscribe ${filter}`,
    )
  } catch (error) {
    inbox.remove(route)
    flow.close()
    if (signal.aborted) void session.unsubscribe(filter)
    throw operationError(error, failure)
  }
  const leave = () => {
    state = 'closed'
    inbox.remove(route)
    flow.close()
  }
  const missing = continuity.resumed(filter)
  if (missing !== undefined) flow.lost(0, missing)
  return {
    grantedQos,
    resume: () => flow.resume(),
    async finish() {
      if (state !== 'open') return
      state = 'finishing'
      await session.unsubscribe(filter)
      await session.emptied()
      if (state !== 'finishing') return
      leave()
    },
    async close() {
      if (state === 'closed') return
      leave()
      // If a later subscription of the same filter has replaced this one at the broker, keep it.
      if (!inbox.has(filter)) await session.unsubscribe(filter)
    },
    ...(outlives && {
      async detach() {
        if (state !== 'open') return
        state = 'detached'
        flow.detach()
      },
    }),
  }
}
