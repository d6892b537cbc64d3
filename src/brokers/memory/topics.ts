import type { Clock } from '../../core/clock.js'
import { Deque } from '../../core/deque.js'
import { topicNameFault, topicPatternFault } from '../../core/topic-pattern.js'
import { TopicTrie } from '../../core/topic-trie.js'
import type { MemoryLimits } from './limits.js'
import { type CreditEntry, PUBLISHER_WINDOW, type PublishEntry, type SubscribeEntry } from './line.js'
import { keep, type Message, weightOf } from './message.js'
import type { Outbox } from './outbox.js'
import { Retained } from './retained.js'
import { type HeldBack, Subscription } from './subscription.js'

interface Target {
  readonly subscription: Subscription
  readonly line: TopicLine
}

interface Publication {
  readonly id: number
  readonly retain: boolean
  readonly message: Message
}

/** Publish and subscribe: what all lines share. */
export class Topics {
  readonly limits: MemoryLimits
  readonly clock: Clock
  readonly targets = new TopicTrie<Target>()
  readonly retained: Retained

  constructor(limits: MemoryLimits, clock: Clock) {
    this.limits = limits
    this.clock = clock
    this.retained = new Retained({ messages: limits.retainedMessages, bytes: limits.retainedBytes })
  }

  join(out: Outbox): TopicLine {
    return new TopicLine(this, out)
  }
}

/**
 * Publish and subscribe on one line. A publication that meets a subscriber whose line is full waits, and all
 * later ones of its publisher behind it, without an acknowledgement: so the publisher is slowed to the speed
 * of the subscriber, nothing is dropped, and what waits is bounded by the windows of the publishers.
 */
export class TopicLine {
  readonly #topics: Topics
  readonly #out: Outbox
  readonly #subscriptions = new Map<number, { readonly subscription: Subscription; remove(): void }>()
  readonly #held: HeldBack = { messages: 0, bytes: 0 }
  readonly #blocked = new Deque<Publication>()
  #blockedBytes = 0
  /** Lines whose first publication waits for room here. */
  readonly #waiters = new Set<TopicLine>()

  constructor(topics: Topics, out: Outbox) {
    this.#topics = topics
    this.#out = out
  }

  /** Messages held back for its subscriptions. */
  get held(): number {
    return this.#held.messages
  }

  /** Publications of this line that wait for others. */
  get blocked(): number {
    return this.#blocked.size
  }

  get #full(): boolean {
    const { lineMessages, lineBytes } = this.#topics.limits
    return this.#held.messages >= lineMessages || this.#held.bytes >= lineBytes
  }

  /** @returns what the client did wrong when it publishes beyond its window. */
  publish(entry: PublishEntry, payload: Uint8Array): string | undefined {
    const fault = topicNameFault(entry.topic)
    if (fault) {
      this.#out.refuse(entry.id, fault)
      return undefined
    }
    const { topic, headers, expiresAt } = entry
    const message: Message = { topic, payload, headers, weight: weightOf(payload, topic, headers), expiresAt }
    const publication = { id: entry.id, retain: entry.retain === true, message }
    if (this.#blocked.size === 0 && this.#route(publication)) return undefined
    if (this.#blocked.size >= PUBLISHER_WINDOW.messages || this.#blockedBytes >= PUBLISHER_WINDOW.bytes)
      return 'published beyond its window'
    keep(message)
    this.#blocked.push(publication)
    this.#blockedBytes += payload.byteLength
    return undefined
  }

  /** @returns what the client did wrong. */
  subscribe(entry: SubscribeEntry): string | undefined {
    if (this.#subscriptions.has(entry.subscription)) return 'used the number of a subscription twice'
    const fault = topicPatternFault(entry.pattern)
    if (fault) {
      this.#out.refuse(entry.id, fault)
      return undefined
    }
    if (this.#subscriptions.size >= this.#topics.limits.registrations) {
      this.#out.refuse(entry.id, `the line has ${this.#subscriptions.size} subscriptions already`, true)
      return undefined
    }
    const subscription = new Subscription(entry.subscription, this.#send, this.#held)
    const remove = this.#topics.targets.add(entry.pattern, { subscription, line: this })
    this.#subscriptions.set(entry.subscription, { subscription, remove })
    this.#out.done(entry.id)
    for (const message of this.#topics.retained.match(entry.pattern, this.#topics.clock.now()))
      subscription.offer(message, true)
    return undefined
  }

  unsubscribe(number: number): void {
    const entry = this.#subscriptions.get(number)
    if (!entry) return
    this.#subscriptions.delete(number)
    entry.remove()
    entry.subscription.close()
    this.#wake()
  }

  /** Credit for a subscription that is gone was under way when it was closed. */
  credit(entry: CreditEntry): void {
    const target = this.#subscriptions.get(entry.subscription)
    target?.subscription.credit(entry.messages, entry.bytes, this.#topics.clock.now())
    this.#wake()
  }

  /** Ends all subscriptions; publications that wait were not acknowledged and are forgotten. */
  close(): void {
    this.#blocked.clear()
    this.#blockedBytes = 0
    for (const { subscription, remove } of this.#subscriptions.values()) {
      remove()
      subscription.close()
    }
    this.#subscriptions.clear()
    this.#wake()
  }

  readonly #send = (subscription: number, message: Message, retain: boolean): void => {
    const { topic, payload, headers } = message
    this.#out.send(
      {
        op: 'message',
        subscription,
        topic,
        size: payload.byteLength,
        ...(retain && { retain }),
        ...(headers && { headers }),
      },
      payload,
    )
  }

  /** @returns false when it has to wait for a line that is full. */
  #route({ id, retain, message }: Publication): boolean {
    if (message.expiresAt !== undefined && message.expiresAt <= this.#topics.clock.now()) {
      this.#out.done(id)
      return true
    }
    const targets = this.#topics.targets.match(message.topic)
    for (const { subscription, line } of targets)
      if (!subscription.ready && line.#full) {
        line.#waiters.add(this)
        return false
      }
    if (retain && !this.#topics.retained.hasRoomFor(message)) {
      this.#out.refuse(id, 'the broker holds as many retained messages as it may', true)
      return true
    }
    for (const { subscription } of targets) subscription.offer(message, false)
    if (retain) this.#topics.retained.store(message)
    this.#out.done(id)
    return true
  }

  #wake(): void {
    if (this.#waiters.size === 0 || this.#full) return
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) waiter.#unblock()
  }

  #unblock(): void {
    for (let next = this.#blocked.peek(); next; next = this.#blocked.peek()) {
      if (!this.#route(next)) return
      this.#blocked.shift()
      this.#blockedBytes -= next.message.payload.byteLength
    }
  }
}
