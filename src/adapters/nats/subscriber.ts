import type { AdapterSubscription, InboundMessage, MessageSink } from '../../core/adapter.js'
import type { IntegrationError } from '../../core/errors.js'
import type { Logger } from '../../core/telemetry.js'
import { untilAborted } from '../abort.js'
import type { Connection } from './client/connection.js'
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
  /** Told of a message that the sink does not get: there was no room for it, or it was too large. */
  readonly onMissed?: (view: MessageView) => void
  /** The error of a subscription that the server does not permit. */
  readonly failure: (reason: string) => IntegrationError
}

/**
 * Subscribes and routes the messages into `sink`. While the sink is full the connection is not read (see `ReadGate`); what
 * has to be left out is counted and logged.
 * @throws what `failure` makes of a refusal; ConnectionError; CancelledError or TimeoutError when `signal` aborts
 */
export async function subscribeSink<M extends InboundMessage>(
  connection: Connection,
  subscription: Subscription<M>,
  sink: MessageSink<M>,
  log: Logger,
  signal: AbortSignal,
): Promise<AdapterSubscription> {
  const { operation, subjects, queueGroup, toMessage, onMissed, failure } = subscription
  let hold: Hold | undefined
  let closed = false
  let missed = 0
  let refusal: IntegrationError | undefined
  let granted = false

  const release = () => {
    hold?.release()
    hold = undefined
    if (missed > 0)
      log({ level: 'warn', message: `${operation}: ${missed} messages were left out: the receiver was full` })
    missed = 0
  }
  const miss = (view: MessageView) => {
    missed++
    onMissed?.(view)
  }
  const route = {
    onMessage(view: MessageView) {
      if (closed) return
      if (hold?.spent) return miss(view)
      const message = toMessage(view)
      if (message === undefined || sink.deliver(message) || hold !== undefined || closed) return
      hold = connection.gate.hold()
    },
    onOversize: (view: MessageView) => onMissed?.(view),
    onRefused(text: string) {
      refusal ??= failure(`the server does not permit it: ${text}`)
      if (granted && !closed) sink.end(refusal)
    },
  }
  const sids = subjects.map((subject) => connection.subscribe(subject, queueGroup, route))
  const close = async () => {
    if (closed) return
    closed = true
    release()
    for (const sid of sids) {
      connection.unsubscribe(sid)
      connection.forget(sid)
    }
    // What was published before this, by us say, has been left out by then.
    await connection.ping().catch(() => {})
  }
  try {
    await untilAborted(connection.ping(), signal, operation)
    if (refusal !== undefined) throw refusal
  } catch (error) {
    void close()
    throw error
  }
  granted = true
  return { resume: release, close }
}
