import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import { ConnectionError } from '../../core/errors/connection.js'
import type { IntegrationError } from '../../core/errors/integration-error.js'
import { untilAborted } from '../abort.js'
import type { Connection } from './client/connection.js'
import type { MessageView } from './client/message-view.js'
import type { Hold } from './client/read-gate.js'
import type { Route } from './client/subscriptions.js'

/** What to subscribe to, and how to convert its messages. */
export interface Subscription<M extends InboundMessage> {
  /** Names the operation in errors: `subscribe prices.>`. */
  readonly operation: string
  readonly subjects: readonly string[]
  readonly queueGroup: string | undefined
  /** @returns undefined if the message is not for the sink */
  readonly toMessage: (view: MessageView) => M | undefined
  /**
   * Answers a message that the sink cannot receive because it is full, or because the message is too large. Without it
   * the message is reported as lost.
   */
  readonly onMissed?: (view: MessageView) => void
  /** Receives a message that arrives while the subscription is being closed. */
  readonly onLate?: (view: MessageView) => void
  /** Makes the error of a subscription that the server refuses. */
  readonly failure: (reason: string) => IntegrationError
}

/** A subscription that also accepts messages of another one. */
export interface SinkSubscription extends AdapterSubscription {
  take(view: MessageView): void
  /** Ends it; what the server has sent until then is still delivered. */
  finish(): Promise<void>
}

/**
 * Subscribes and delivers the messages to `sink`. While the sink is full the connection is not read (see `ReadGate`).
 * @param ended aborts when all connections end; the actor then ends the sinks itself
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
    for (const sid of sids) connection.unsubscribe(sid)
    // After the answer to this PING, no message that the server sent before the UNSUB is still on its way.
    await connection.ping().catch(() => {})
    for (const sid of sids) connection.forget(sid)
  }
  const close = () => {
    route.close()
    closing ??= end()
    return closing
  }
  const finish = async () => {
    closing ??= end()
    await closing
    route.close()
  }
  try {
    await untilAborted(connection.ping(), signal, operation)
    if (route.refusal !== undefined) throw failure(route.refusal)
  } catch (error) {
    void close()
    throw error
  }
  route.granted = true
  return { resume: () => route.release(), close, finish, take: (view) => route.onMessage(view) }
}

/** Delivers the messages of one subscription to its sink. */
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
    else if (!this.#closed) this.#sink.lost(1, `a message of ${view.size} bytes is larger than limits.frame`)
  }

  onRefused(text: string): void {
    if (this.refusal !== undefined) return
    this.refusal = `the server refused the subscription: ${text}`
    if (this.granted && !this.#closed) this.#sink.end(this.#subscription.failure(this.refusal))
  }

  onLost(error: ConnectionError): void {
    if (this.#closed || !this.granted) return
    this.close()
    if (this.#subscription.onMissed === undefined)
      this.#sink.lost(0, `messages published while disconnected are lost: ${error.reason}`)
    if (!this.#ended.aborted) this.#sink.end(new ConnectionError(error.message, { cause: error }))
  }

  /** Resumes reading after the sink has room again. */
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
    // Report all messages missed in one read together.
    if (this.#missed++ > 0) return
    queueMicrotask(() => {
      const count = this.#missed
      this.#missed = 0
      this.#sink.lost(count, 'the subscriber had no room for longer than its connection may be paused')
    })
  }
}
