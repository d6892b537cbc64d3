import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter.js'
import type { IntegrationError } from '../../core/errors.js'
import { untilAborted } from '../abort.js'
import { Refused } from './client/outgoing.js'
import type { PublishPacket } from './client/publish-decoder.js'
import type { Subscriber } from './link.js'
import { sharedFilter } from './router.js'

/** What to subscribe to, and what to make of the messages. */
export interface Subscription<M extends InboundMessage> {
  /** As the broker is told: with `$share/GROUP/`, if any. */
  readonly filter: string
  readonly qos: 0 | 1 | 2
  /** @returns nothing when it is not for the sink. */
  readonly toMessage: (packet: PublishPacket) => M | undefined
  readonly failure: (reason: string, cause: unknown) => IntegrationError
}

let lastSubscriptionId = Math.floor(Math.random() * 0x07ff_ffff)

/**
 * A number that no other subscription of this client has, nor, most likely, one that the broker kept from an
 * earlier life.
 */
function newSubscriptionId(): number {
  lastSubscriptionId = (lastSubscriptionId % 0x0fff_ffff) + 1
  return lastSubscriptionId
}

/**
 * Subscribes at the broker and routes the messages into `sink`. While the sink is full nothing is read from
 * the session, which other subscriptions share.
 * @throws what `failure` makes of a refusal; ConnectionError; CancelledError or TimeoutError when `signal` aborts
 */
export async function subscribeSink<M extends InboundMessage>(
  { session, inbox }: Subscriber,
  subscription: Subscription<M>,
  sink: MessageSink<M>,
  signal: AbortSignal,
): Promise<AdapterSubscription> {
  const { filter, toMessage } = subscription
  let holding = false
  let closed = false
  const release = () => {
    if (holding) session.release()
    holding = false
  }
  const route = {
    filter: sharedFilter(filter),
    subscribed: filter,
    id: session.connack.subscriptionIdsAvailable ? newSubscriptionId() : undefined,
    accept(packet: PublishPacket) {
      const message = toMessage(packet)
      if (message === undefined || sink.deliver(message) || holding) return
      holding = true
      session.hold()
    },
  }
  inbox.add(route)
  try {
    await untilAborted(session.subscribe(filter, subscription.qos, route.id), signal, `subscribe ${filter}`)
  } catch (error) {
    inbox.remove(route)
    release()
    if (error instanceof Refused) throw subscription.failure(error.message, error)
    if (signal.aborted) void session.unsubscribe(filter)
    throw error
  }
  return {
    resume: release,
    async close() {
      if (closed) return
      closed = true
      inbox.remove(route)
      release()
      // A later subscription of the same filter has taken its place at the broker.
      if (!inbox.has(filter)) await session.unsubscribe(filter)
    },
  }
}
