import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter.js'
import { ConnectionError, type IntegrationError } from '../../core/errors.js'
import { untilAborted } from '../abort.js'
import type { Connection, Route } from './client/connection.js'
import type { MessageView } from './client/message-view.js'
import type { Hold } from './client/read-gate.js'

/** What to subscribe to, and what to make of the messages. */
export interface Subscription<M extends InboundMessage> {
  /** For errors: `subscribe prices.>`. */
  readonly operation: string
  readonly subjects: readonly string[]
  readonly queueGroup: string | undefined
  /** @returns nothing when it is not for the sink. */
  readonly toMessage: (view: MessageView) => M | undefined
  /** Answers a message that the sink does not get, because it is full or the message is too large; else it is lost. */
  readonly onMissed?: (view: MessageView) => void
  /** Takes a message that comes while the subscription is being closed. */
  readonly onLate?: (view: MessageView) => void
  /** The error of a subscription that the server refuses. */
  readonly failure: (reason: string) => IntegrationError
}

/** A subscription that also takes messages that came by another one. */
export interface SinkSubscription extends AdapterSubscription {
  take(view: MessageView): void
}

/**
 * Subscribes and routes the messages into `sink`. While the sink is full the connection is not read (see `ReadGate`);
 * what cannot be delivered is reported to the sink as lost, and so is the gap that a lost connection leaves.
 * @param ended aborts when all connections end: then the sink is not ended one by one
 * @throws what `failure` makes of a refusal; ConnectionError; CancelledError or TimeoutError when `signal` aborts
 */
export async function subscribeSink<M extends InboundMessage>(
  connection: Connection,
  subscription: Subscription<M>,
  sink: MessageSink<M>,
  ended: AbortSignal,
  signal: AbortSignal,
): Promise<SinkSubscription> {
  const { operation, subjects, queueGroup, failure } = subscription
  const route = new SinkRoute(connection, subscription, sink, ended)
  const sids = subjects.map((subject) => connection.subscribe(subject, queueGroup, route))
  let closing: Promise<void> | undefined
  const end = async () => {
    route.close()
    for (const sid of sids) connection.unsubscribe(sid)
    // What the server sent before it heard of the end has come when this resolves.
    await connection.ping().catch(() => {})
    for (const sid of sids) connection.forget(sid)
  }
  const close = () => {
    closing ??= end()
    return closing
  }
  try {
    await untilAborted(connection.ping(), signal, operation)
    if (route.refusal !== undefined) throw failure(route.refusal)
  } catch (error) {
    void close()
    throw error
  }
  route.granted = true
  return { resume: () => route.release(), close, take: (view) => route.onMessage(view) }
}

/** Where the messages of one subscription go. */
class SinkRoute<M extends InboundMessage> implements Route {
  /** Why the server refuses the subscription. */
  refusal: string | undefined
  granted = false
  readonly #connection: Connection
  readonly #subscription: Subscription<M>
  readonly #sink: MessageSink<M>
  readonly #ended: AbortSignal
  #hold: Hold | undefined
  #closed = false
  #missed = 0

  constructor(
    connection: Connection,
    subscription: Subscription<M>,
    sink: MessageSink<M>,
    ended: AbortSignal,
  ) {
    this.#connection = connection
    this.#subscription = subscription
    this.#sink = sink
    this.#ended = ended
  }

  onMessage(view: MessageView): void {
    if (this.#closed) return this.#subscription.onLate?.(view)
    if (this.#hold?.spent) return this.#miss(view)
    const message = this.#subscription.toMessage(view)
    if (message === undefined || this.#sink.deliver(message) || this.#hold !== undefined || this.#closed)
      return
    this.#hold = this.#connection.gate.hold()
  }

  onOversize(view: MessageView): void {
    const { onMissed } = this.#subscription
    if (onMissed !== undefined) onMissed(view)
    else if (!this.#closed) this.#sink.lost(1, `a message of ${view.size} bytes exceeds limits.frame`)
  }

  onRefused(text: string): void {
    if (this.refusal !== undefined) return
    this.refusal = `the server refuses it: ${text}`
    if (this.granted && !this.#closed) this.#sink.end(this.#subscription.failure(this.refusal))
  }

  onLost(error: ConnectionError): void {
    if (this.#closed || !this.granted) return
    this.close()
    if (this.#subscription.onMissed === undefined)
      this.#sink.lost(0, `the connection was lost: ${error.reason}`)
    if (!this.#ended.aborted) this.#sink.end(new ConnectionError(error.message, { cause: error }))
  }

  /** There is room again. */
  release(): void {
    this.#hold?.release()
    this.#hold = undefined
  }

  close(): void {
    this.#closed = true
    this.release()
  }

  #miss(view: MessageView): void {
    const { onMissed } = this.#subscription
    if (onMissed !== undefined) return onMissed(view)
    // What is missed in one read is reported at once.
    if (this.#missed++ > 0) return
    queueMicrotask(() => {
      const count = this.#missed
      this.#missed = 0
      this.#sink.lost(count, 'the subscriber was full for too long')
    })
  }
}
