import type { PublishPacket } from './publish-decoder.js'

/** How many messages are remembered, and so the largest Receive Maximum of a session that remembers. */
export const RECENT_MESSAGES = 2_048
/** How many bytes of a payload tell messages without correlation data apart. */
const SAMPLED_BYTES = 256
const HEADER_WORDS = 2

/** Identifies a message of QoS 1 within its session: the two halves of a hash. */
export interface MessageKey {
  readonly low: number
  readonly high: number
}

/**
 * The messages of QoS 1 that a session has taken most recently. If the connection is lost, the broker sends those again
 * (DUP) whose PUBACK it did not receive: Receive Maximum at most. The memory outlives connections, and the thread if it
 * is shared, so that a session can refuse to take a message twice.
 */
export class RecentMessages {
  /** The size of the memory, in bytes. */
  static readonly bytes = 4 * (HEADER_WORDS + 2 * RECENT_MESSAGES)

  readonly #words: Int32Array

  /** @param memory memory that outlives the thread, if any @param offset in bytes; a multiple of four */
  constructor(memory?: SharedArrayBuffer, offset = 0) {
    const words = RecentMessages.bytes / 4
    this.#words = memory === undefined ? new Int32Array(words) : new Int32Array(memory, offset, words)
  }

  /** Returns whether a message is the redelivery of one that was taken. */
  has({ low, high }: MessageKey): boolean {
    return this.#find(low, high) !== undefined
  }

  add({ low, high }: MessageKey): void {
    const next = this.#words[0]! % RECENT_MESSAGES
    const at = HEADER_WORDS + 2 * next
    this.#words[at] = low
    this.#words[at + 1] = high
    this.#words[0] = next + 1
  }

  /** Forgets a message that was taken and reached nobody. */
  delete({ low, high }: MessageKey): void {
    const at = this.#find(low, high)
    if (at !== undefined) this.#words.fill(0, at, at + 2)
  }

  /** Removes everything, because the session no longer exists. */
  clear(): void {
    this.#words.fill(0)
  }

  #find(low: number, high: number): number | undefined {
    for (let at = HEADER_WORDS; at < this.#words.length; at += 2)
      if (this.#words[at] === low && this.#words[at + 1] === high) return at
    return undefined
  }
}

/**
 * Returns the key of a message: its packet identifier, which a redelivery keeps ([MQTT-4.4.0-1]), with the response
 * topic and correlation data, or else with the topic and the start of the payload. The broker may use an identifier
 * again for another message, so it does not suffice. The key is never all zero.
 */
export function messageKey({ id, topic, payload, properties }: PublishPacket): MessageKey {
  const { responseTopic, correlationData } = properties
  const text = responseTopic ?? topic
  const bytes = correlationData ?? payload
  let low = 0x811c9dc5 ^ id
  let high = 0x5bd1e995 ^ payload.length
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193)
    high = Math.imul(high ^ low, 0x85ebca6b)
  }
  const end = Math.min(bytes.length, SAMPLED_BYTES)
  for (let i = 0; i < end; i++) {
    low = Math.imul(low ^ bytes[i]!, 0x01000193)
    high = Math.imul(high ^ low, 0x85ebca6b)
  }
  return { low: low | 1, high: high ^ (high >>> 13) }
}
