import type { Attempt } from '../core/adapter/attempt.js'
import type { AdapterSubscription, InboundMessage, MessageSink } from '../core/adapter/inbound.js'
import { ConnectionError } from '../core/errors/connection.js'
import { MailboxFullError } from '../core/errors/limits.js'
import type { Value } from '../core/value.js'
import type { Gauges } from '../mailbox/gauges.js'
import type { SourceSpec } from '../mailbox/protocol.js'
import { isReopened } from '../resilience/reopen.js'
import { AttemptSink } from './attempt-sink.js'
import type { Conflator } from './conflator.js'
import type { DeliveryQueue } from './delivery-queue.js'
import type { Outbox } from './outbox.js'
import type { Outgoing } from './outgoing.js'
import { quietly } from './quietly.js'
import type { Source } from './source.js'
import type { TopicHub } from './topic-hub.js'
import type { TopicTransform } from './topic-transform.js'

export interface TopicSourceDependencies {
  readonly pattern: string
  readonly spec: SourceSpec
  readonly topics: TopicHub
  readonly queue: DeliveryQueue
  readonly conflator: Conflator | undefined
  readonly transform: TopicTransform | undefined
  readonly gauges: Gauges
  readonly outbox: Outbox
  readonly onEnd: (error: Error) => void
}

type State =
  | { readonly kind: 'alive' }
  /** It ends with `error` after all earlier messages have been sent to the host. */
  | { readonly kind: 'ending'; readonly error: Error }
  | { readonly kind: 'over' }

/** One subscription of the host to a topic pattern. */
export class TopicSource implements Source, MessageSink<InboundMessage> {
  readonly id: number
  readonly verb = 'subscribe'
  readonly target: string
  readonly #parts: TopicSourceDependencies
  #sink: AttemptSink<InboundMessage> | undefined
  #subscription: AdapterSubscription | undefined
  #wasHeldBeforeGrant = false
  #state: State = { kind: 'alive' }

  constructor(parts: TopicSourceDependencies) {
    this.id = parts.spec.id
    this.target = parts.pattern
    this.#parts = parts
  }

  async open(attempt: Attempt): Promise<void> {
    const { pattern, topics, queue } = this.#parts
    const { qos, params, headers } = this.#parts.spec
    const options = {
      ...(qos !== undefined && { qos }),
      ...(params !== undefined && { params: params as Value }),
      ...(headers !== undefined && { headers }),
    }
    // A message on a retired sink is not acknowledged, so that a broker that keeps messages delivers it again.
    const sink = new AttemptSink<InboundMessage>(pattern, this, () => {})
    this.#sink = sink
    const subscription = await sink.open(attempt, () => topics.subscribe(pattern, options, sink, attempt))
    // A short stream may have ended before this line is reached.
    if (this.#state.kind !== 'alive' || sink.isRetired) return void quietly(() => subscription.close())
    this.#subscription = subscription
    // The queue may have made room before the grant, when there was no subscription to resume.
    if (this.#wasHeldBeforeGrant && !queue.isHeld) subscription.resume()
    this.#wasHeldBeforeGrant = false
  }

  /** The quality of service that the broker has granted, if the protocol has one. */
  get grantedQos(): 0 | 1 | 2 | undefined {
    return this.#subscription?.grantedQos
  }

  disconnected(): void {
    this.#sink?.retire()
    this.#subscription = undefined
    this.#parts.queue.disconnected()
  }

  release(): Promise<void> {
    const subscription = this.#subscription
    this.disconnected()
    return quietly(() => subscription?.close())
  }

  deliver(message: InboundMessage): boolean {
    if (this.#state.kind !== 'alive') return true
    const { gauges, transform, queue } = this.#parts
    gauges.count('received')
    const { topic, payload } = message
    const outgoing: Outgoing = {
      topic,
      payload,
      extras: extrasOf(message),
      taken: message.taken === undefined ? undefined : () => message.taken!(),
    }
    const hasRoom = transform === undefined ? this.pass(outgoing) : transform.push(outgoing) && !queue.isHeld
    if (!hasRoom) this.#wasHeldBeforeGrant ||= this.#subscription === undefined
    return hasRoom
  }

  /** Passes a message on to the host. @returns false if the source must be held back */
  pass(outgoing: Outgoing): boolean {
    if (this.#state.kind === 'over') return true
    const { conflator, queue, pattern } = this.#parts
    if (conflator !== undefined) {
      conflator.offer(outgoing)
      return true
    }
    const offer = queue.offer(outgoing)
    if (offer === 'refused')
      this.#end(
        new MailboxFullError(
          `the mailbox of the subscription ${pattern} is full: its subscriber is too slow`,
        ),
      )
    return offer !== 'hold-back'
  }

  lost(count: number, reason: string): void {
    const { pattern: topic, queue, outbox } = this.#parts
    queue.lost(count)
    outbox.notice({ kind: 'gap', topic, lost: count, reason })
  }

  /** Resumes the subscription after it was held back. */
  resume(): void {
    this.#subscription?.resume()
  }

  /** Called when messages have left the transforms. */
  transformed(): void {
    if (!this.#parts.queue.isHeld) this.resume()
    this.#endIfDrained()
  }

  /** Ends the source after all earlier messages have been delivered. */
  end(error: Error): void {
    if (this.#state.kind !== 'alive') return
    if (isReopened(this.verb, error)) {
      // An adapter that loses a connection reports what is lost with it.
      if (!(error instanceof ConnectionError)) this.lost(0, `the subscription ended: ${error.message}`)
      return this.#parts.onEnd(error)
    }
    this.#state = { kind: 'ending', error }
    this.#parts.transform?.flush()
    this.#parts.conflator?.finish()
    this.#endIfDrained()
  }

  drain(): void {
    this.#parts.queue.drain()
    this.#endIfDrained()
  }

  flush(): void {
    const { transform, conflator, queue } = this.#parts
    transform?.flush()
    conflator?.finish()
    queue.flush()
    this.resume()
  }

  async finish(): Promise<void> {
    const subscription = this.#subscription
    if (subscription !== undefined) await quietly(() => subscription.finish?.() ?? subscription.close())
    this.flush()
    await this.#parts.queue.received()
    this.#subscription = undefined
    await this.close()
  }

  close(): Promise<void> {
    return this.#leave((subscription) => subscription.close(), 'acknowledge')
  }

  detach(): Promise<void> {
    const { detach } = this.#subscription ?? {}
    return this.#leave(
      (subscription) => detach?.call(subscription) ?? subscription.close(),
      detach === undefined ? 'acknowledge' : 'leave',
    )
  }

  #endIfDrained(): void {
    const { queue, transform } = this.#parts
    if (this.#state.kind === 'ending' && queue.size === 0 && transform?.isBusy !== true)
      this.#end(this.#state.error)
  }

  #end(error: Error): void {
    if (this.#state.kind === 'over') return
    this.#state = { kind: 'over' }
    this.#parts.onEnd(error)
  }

  /**
   * @param waiting whether to acknowledge messages that the host has not received, or leave them with the broker for
   *   the next life
   */
  async #leave(
    end: (subscription: AdapterSubscription) => Promise<void>,
    waiting: 'acknowledge' | 'leave',
  ): Promise<void> {
    this.#state = { kind: 'over' }
    this.#sink?.retire()
    const { conflator, queue, transform } = this.#parts
    transform?.close(waiting)
    const left = [...(conflator?.close() ?? []), ...queue.clear()].map(({ taken }) => taken)
    left.push(...queue.forgetReceipts())
    if (waiting === 'acknowledge') for (const taken of left) taken?.()
    if (this.#subscription !== undefined) await end(this.#subscription)
  }
}

function extrasOf({ headers, retain, contentType }: InboundMessage) {
  if (headers === undefined && !retain && contentType === undefined) return undefined
  return { ...(headers && { headers }), ...(retain && { retain }), ...(contentType && { contentType }) }
}
