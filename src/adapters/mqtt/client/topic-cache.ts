import { topicNameFault } from '../../../core/topic-pattern.js'
import { topicTextFault } from './text.js'

const CAPACITY = 4_096

/** Why `topic` cannot be published to; `undefined` when it can. */
export function topicFault(topic: string): string | undefined {
  return topicTextFault(topic) ?? topicNameFault(topic)
}

/**
 * The topics that were published to lately, checked and encoded: both cost more than all the rest of a
 * publish. Emptied when it is full, which bounds it without counting uses.
 */
export class TopicCache {
  readonly #encoded = new Map<string, Uint8Array>()

  /** The topic in UTF-8 with its length in front. @throws RangeError saying why it cannot be published to. */
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
