import { MalformedPacket, REASON } from './errors.js'
import { EMPTY_PROPERTIES, type PublishProperties, readProperties } from './properties.js'

/** A received PUBLISH. */
export interface PublishPacket {
  readonly topic: string
  /** A view of the received bytes, which nothing else writes to. */
  readonly payload: Uint8Array
  readonly qos: 0 | 1 | 2
  readonly dup: boolean
  readonly retain: boolean
  /** The packet identifier; 0 for QoS 0. */
  readonly id: number
  readonly properties: PublishProperties
}

const LONGEST_REMEMBERED_TOPIC = 64

/**
 * Creates a decoder of PUBLISH packets (MQTT 5, section 3.3). It caches the last topic, because most messages come in
 * runs of one topic and comparing bytes is cheaper than decoding them.
 * @returns a function that throws MalformedPacket
 */
export function publishDecoder(
  version: 4 | 5,
): (bytes: Buffer, start: number, body: number, end: number) => PublishPacket {
  let lastBytes: Buffer = Buffer.alloc(0)
  let lastTopic = ''

  function readTopic(bytes: Buffer, from: number, to: number): string {
    const length = to - from
    if (length === lastBytes.length) {
      let i = 0
      while (i < length && bytes[from + i] === lastBytes[i]) i++
      if (i === length) return lastTopic
    }
    const topic = bytes.toString('utf8', from, to)
    checkTopic(topic, bytes, from, to)
    if (length <= LONGEST_REMEMBERED_TOPIC) {
      lastBytes = Buffer.from(bytes.subarray(from, to))
      lastTopic = topic
    }
    return topic
  }

  return (bytes, start, body, end) => {
    const flags = bytes[start]!
    const qos = ((flags >> 1) & 3) as 0 | 1 | 2
    if ((qos as number) === 3) throw new MalformedPacket('a PUBLISH of QoS 3')
    let at = body + 2
    if (at > end) throw new MalformedPacket('a PUBLISH without a topic')
    const topicEnd = at + ((bytes[body]! << 8) | bytes[body + 1]!)
    if (topicEnd > end) throw new MalformedPacket('a PUBLISH whose topic is longer than the packet')
    if (topicEnd === at)
      throw new MalformedPacket(
        'a PUBLISH with an empty topic, although we did not allow topic aliases',
        REASON.topicAliasInvalid,
      )
    const topic = readTopic(bytes, at, topicEnd)
    at = topicEnd
    let id = 0
    if (qos > 0) {
      if (at + 2 > end) throw new MalformedPacket('a PUBLISH without its packet identifier')
      id = (bytes[at]! << 8) | bytes[at + 1]!
      if (id === 0) throw new MalformedPacket('a PUBLISH with packet identifier 0')
      at += 2
    }
    let properties = EMPTY_PROPERTIES
    if (version === 5) {
      if (at < end && bytes[at] === 0) at += 1
      else ({ properties, next: at } = readProperties(bytes, at, end))
    }
    return {
      topic,
      payload: bytes.subarray(at, end),
      qos,
      dup: (flags & 8) !== 0,
      retain: (flags & 1) !== 0,
      id,
      properties,
    }
  }
}

/**
 * Checks a topic: a string must be UTF-8 without U+0000 (MQTT 5, section 1.5.4), and a topic name must not contain
 * wildcards (section 3.3.2.1).
 */
function checkTopic(topic: string, bytes: Buffer, from: number, to: number): void {
  if (topic.includes('\u0000')) throw new MalformedPacket('a PUBLISH whose topic contains U+0000')
  if (topic.includes('#') || topic.includes('+'))
    throw new MalformedPacket('a PUBLISH whose topic contains a wildcard')
  if (topic.includes('\ufffd') && bytes.compare(Buffer.from(topic), 0, undefined, from, to) !== 0)
    throw new MalformedPacket('a PUBLISH whose topic is not UTF-8')
}

/** The known fields of a PUBLISH larger than the limit. */
export interface OversizePacket {
  readonly topic: string
  readonly qos: 0 | 1 | 2
  readonly dup: boolean
  readonly retain: boolean
  readonly id: number
  /** The size of the whole packet in bytes. */
  readonly size: number
}

/** Parses the start of a PUBLISH whose rest was skipped. @throws MalformedPacket */
export function oversizePacket(head: Buffer, body: number, size: number): OversizePacket {
  // Decode as 3.1.1, which has no properties: they may be in the skipped part.
  const { topic, qos, dup, retain, id } = publishDecoder(4)(head, 0, body, head.length)
  return { topic, qos, dup, retain, id, size }
}
