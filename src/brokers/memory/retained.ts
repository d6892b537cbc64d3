import type { ByteBudget } from '../../core/byte-budget.js'
import type { Capacity } from '../../core/overflow.js'
import { topicMatches } from '../../core/topic-pattern.js'
import { hold, type Message, release } from './message.js'

/** The retained message of each topic (MQTT 3.1.1, section 3.3.1.3). */
export class Retained {
  readonly #limit: Capacity
  readonly #byTopic = new Map<string, Message>()
  readonly #budget: ByteBudget
  #bytes = 0

  constructor(limit: Capacity, budget: ByteBudget) {
    this.#limit = limit
    this.#budget = budget
  }

  get messages(): number {
    return this.#byTopic.size
  }

  /** Returns whether `message` fits. */
  hasRoomFor(message: Message): boolean {
    const old = this.#byTopic.get(message.topic)
    if (message.payload.byteLength === 0) return true
    return (
      this.#byTopic.size + (old ? 0 : 1) <= this.#limit.messages &&
      this.#bytes - (old?.weight ?? 0) + message.weight <= this.#limit.bytes
    )
  }

  /** Replaces the retained message of the topic. An empty payload removes it. */
  store(message: Message): void {
    this.#remove(message.topic)
    if (message.payload.byteLength === 0) return
    hold(message, this.#budget)
    this.#byTopic.set(message.topic, message)
    this.#bytes += message.weight
  }

  /** Returns the retained messages for a new subscription, and removes expired ones. */
  match(pattern: string, now: number): Message[] {
    const found: Message[] = []
    for (const message of this.#candidates(pattern)) {
      if (message.expiresAt !== undefined && message.expiresAt <= now) this.#remove(message.topic)
      else if (topicMatches(pattern, message.topic)) found.push(message)
    }
    return found
  }

  #candidates(pattern: string): Iterable<Message> {
    if (/[+#]/.test(pattern)) return [...this.#byTopic.values()]
    const message = this.#byTopic.get(pattern)
    return message ? [message] : []
  }

  #remove(topic: string): void {
    const old = this.#byTopic.get(topic)
    if (!old) return
    this.#byTopic.delete(topic)
    this.#bytes -= old.weight
    release(old, this.#budget)
  }
}
