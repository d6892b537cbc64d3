import type { ByteBudget } from '../../core/byte-budget.js'
import type { Clock } from '../../core/clock.js'
import { topicNameFault, topicPatternFault } from '../../core/topic-pattern.js'
import { TopicTrie } from '../../core/topic-trie.js'
import type { MemoryLimits } from './limits.js'
import type { CreditEntry, PublishEntry, SubscribeEntry } from './line.js'
import { fits, type Message, weightOf } from './message.js'
import type { Outbox } from './outbox.js'
import { Retained } from './retained.js'
import { type Publisher, Subscription } from './subscription.js'

/** The publish and subscribe state that all clients share. */
export class Topics {
  readonly limits: MemoryLimits
  readonly clock: Clock
  readonly budget: ByteBudget
  readonly targets = new TopicTrie<Subscription>()
  readonly retained: Retained

  constructor(limits: MemoryLimits, clock: Clock, budget: ByteBudget) {
    this.limits = limits
    this.clock = clock
    this.budget = budget
    const { retainedMessages: messages, retainedBytes: bytes } = limits
    this.retained = new Retained({ messages, bytes }, budget)
  }

  join(out: Outbox): TopicSession {
    return new TopicSession(this, out)
  }
}

/**
 * The publish and subscribe operations of one client. A publish for which a subscription has no room is `held`: its
 * publisher must wait before it publishes to that topic again, while other topics continue.
 */
export class TopicSession {
  readonly #topics: Topics
  readonly #out: Outbox
  readonly #subscriptions = new Map<number, { readonly subscription: Subscription; remove(): void }>()
  #blocked = 0
  #isClosed = false

  constructor(topics: Topics, out: Outbox) {
    this.#topics = topics
    this.#out = out
  }

  /** Number of messages held for its subscriptions. */
  get held(): number {
    let held = 0
    for (const { subscription } of this.#subscriptions.values()) held += subscription.held
    return held
  }

  /** Number of its publishes that wait for subscriptions without room. */
  get blocked(): number {
    return this.#blocked
  }

  publish(entry: PublishEntry, payload: Uint8Array): void {
    const { id, topic, headers, expiresAt } = entry
    const fault = topicNameFault(topic)
    if (fault) return this.#out.refuse(id, fault)
    if (expiresAt !== undefined && expiresAt <= this.#topics.clock.monotonic()) return this.#out.done(id)
    const weight = weightOf(payload, topic, headers)
    const message: Message = { topic, payload, headers, weight, expiresAt, holders: 0 }
    const { budget, limits, retained } = this.#topics
    const targets = this.#topics.targets.match(topic)
    if (entry.retain !== true && targets.every(({ ready }) => ready)) {
      for (const subscription of targets) subscription.offer(message, false)
      return this.#out.done(id)
    }
    const isHeld = payload.byteLength > 0 || targets.some(({ ready }) => !ready)
    if (isHeld && !fits(budget, weight))
      return this.#out.refuse(
        id,
        `the broker is full: it holds ${budget.held} of ${budget.limit} bytes`,
        true,
      )
    if (entry.retain && !retained.hasRoomFor(message))
      return this.#out.refuse(
        id,
        `limit of retained messages (${limits.retainedMessages}, or ${limits.retainedBytes} bytes) reached`,
        true,
      )
    const publication = new Publication(id, this.#out, this.#publisher)
    for (const subscription of targets) subscription.offer(message, false, publication)
    if (entry.retain) retained.store(message)
    publication.routed()
  }

  /** @returns the client's protocol violation, if any */
  subscribe(entry: SubscribeEntry): string | undefined {
    if (this.#subscriptions.has(entry.subscription)) return 'used the number of a subscription twice'
    const fault = topicPatternFault(entry.pattern)
    if (fault) {
      this.#out.refuse(entry.id, fault)
      return undefined
    }
    if (this.#subscriptions.size >= this.#topics.limits.registrations) {
      this.#out.refuse(
        entry.id,
        `limit of subscriptions (${this.#subscriptions.size}) of this connection reached`,
        true,
      )
      return undefined
    }
    const { subscriptionMessages: messages, subscriptionBytes: bytes } = this.#topics.limits
    const capacity = { messages, bytes }
    const subscription = new Subscription(entry.subscription, this.#send, capacity, this.#topics.budget)
    const remove = this.#topics.targets.add(entry.pattern, subscription)
    this.#subscriptions.set(entry.subscription, { subscription, remove })
    this.#out.done(entry.id)
    for (const message of this.#topics.retained.match(entry.pattern, this.#topics.clock.monotonic()))
      subscription.offer(message, true)
    return undefined
  }

  unsubscribe(number: number): void {
    const entry = this.#subscriptions.get(number)
    if (!entry) return
    this.#subscriptions.delete(number)
    entry.remove()
    entry.subscription.close()
  }

  /** Routes nothing more to a subscription. @param done called when all that it holds has been sent */
  finish(number: number, done: () => void): void {
    const entry = this.#subscriptions.get(number)
    if (!entry) return done()
    entry.remove()
    entry.subscription.whenEmpty(() => {
      this.unsubscribe(number)
      done()
    })
  }

  /** Adds credit. Ignores credit for a subscription that was closed while the credit was on its way. */
  credit(entry: CreditEntry): void {
    const target = this.#subscriptions.get(entry.subscription)
    target?.subscription.credit(entry.messages, entry.bytes, this.#topics.clock.monotonic())
  }

  /** Ends all subscriptions. Unacknowledged publishes of this client are dropped. */
  close(): void {
    this.#isClosed = true
    for (const number of [...this.#subscriptions.keys()]) this.unsubscribe(number)
  }

  readonly #publisher = {
    isClosed: (): boolean => this.#isClosed,
    blocked: (change: 1 | -1): void => {
      this.#blocked += change
    },
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
}

/** What a publish needs of its client's connection. */
interface PublisherSession {
  isClosed(): boolean
  blocked(change: 1 | -1): void
}

/** A publish that is not acknowledged yet. */
class Publication implements Publisher {
  readonly #id: number
  readonly #out: Outbox
  readonly #session: PublisherSession
  /** Number of subscriptions without room for it. */
  #pending = 0

  constructor(id: number, out: Outbox, session: PublisherSession) {
    this.#id = id
    this.#out = out
    this.#session = session
  }

  get gone(): boolean {
    return this.#session.isClosed()
  }

  hold(): void {
    this.#pending++
  }

  admit(): void {
    if (--this.#pending > 0) return
    this.#session.blocked(-1)
    this.#out.done(this.#id)
  }

  /** Called when the publish was offered to all subscriptions. */
  routed(): void {
    if (this.#pending === 0) return this.#out.done(this.#id)
    this.#session.blocked(1)
    this.#out.send({ op: 'held', id: this.#id })
  }
}
