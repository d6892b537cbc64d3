import { topicNameFault } from '../../../core/topic-pattern.js'
import { topicTextFault } from './text.js'

const CAPACITY = 4_096

/** Returns why a topic cannot be published to, or undefined if it can. */
export function topicFault(topic: string): string | undefined {
  return topicTextFault(topic) ?? topicNameFault(topic)
}

/**
 * Caches checked and encoded topics, which cost more than the rest of a publish. It is emptied when full, which bounds
 * it without tracking use.
 */
export class TopicCache {
  readonly #encoded = new Map<string, Uint8Array>()

  /** Returns the topic in UTF-8 with a length prefix. @throws RangeError with the fault of the topic */
  encode(topic: string): Uint8Array {
    const known = this.#encoded.get(topic)
    if (known !== undefined) return known
    const fault = topicFault(topic)
    if (fault !== undefined) throw new RangeError(`the topic is invalid: ${fault}`)
    const length = Buffer.byteLength(topic)
    const encoded = Buffer.allocUnsafeSlow(2 + length)
    encoded.writeUInt16BE(length)
    encoded.write(topic, 2)
    if (this.#encoded.size >= CAPACITY) this.#encoded.clear()
    this.#encoded.set(topic, encoded)
    return encoded
  }
}
