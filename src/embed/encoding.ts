import type { Value } from '../core/value.js'
import { jsonFormat } from '../wire/json.js'
import { messagePackFormat } from '../wire/msgpack.js'
import { FrameReader, LENGTH_BYTES } from './input/frame-reader.js'
import { LineReader } from './input/line-reader.js'
import type { Reader } from './input/reader.js'
import { JSON_RPC, LIMITS } from './protocol.js'
import { textBytes } from './text-bytes.js'

export const ENCODINGS = ['lines', 'messagepack'] as const

/** How messages are written: `lines` is JSON, `messagepack` is MessagePack behind a length of four bytes. */
export type EncodingName = (typeof ENCODINGS)[number]

export interface Encoding {
  readonly name: EncodingName
  reader(): Reader
  /** @throws SerializeError if the bytes are not a value */
  decode(bytes: Buffer): unknown
  /** Writes a message with its frame. @throws if a value in it cannot be written */
  encode(message: object): string | Uint8Array
  /** Writes the notification `message` with a value and nothing else, as fast as possible. @throws as `encode` */
  encodeMessage(subscription: number, topic: string, value: unknown): string | Uint8Array
}

/** Envelopes nest a payload, which may itself be nested 128 levels deep. */
const MAX_DEPTH = 136
const limits = { maxBytes: LIMITS.message, maxDepth: MAX_DEPTH }

export function makeEncoding(name: EncodingName): Encoding {
  return name === 'lines' ? lines() : messagePack()
}

function lines(): Encoding {
  const { decode } = jsonFormat(limits)
  return {
    name: 'lines',
    reader: () => new LineReader(LIMITS.message),
    decode,
    encode: (message) => `${JSON.stringify(textBytes(message))}\n`,
    encodeMessage: (subscription, topic, value) =>
      `{"jsonrpc":"2.0","method":"message","params":{"subscription":${subscription},"topic":${JSON.stringify(topic)},"value":${JSON.stringify(textBytes(value))}}}\n`,
  }
}

function messagePack(): Encoding {
  // Answers may be as large as an integration allows.
  const { encode } = messagePackFormat({ ...limits, maxBytes: Number.MAX_SAFE_INTEGER })
  const { decode } = messagePackFormat(limits)
  const framed = (message: object) => {
    const body = encode(message as Value)
    const frame = Buffer.allocUnsafe(LENGTH_BYTES + body.length)
    frame.writeUInt32BE(body.length)
    frame.set(body, LENGTH_BYTES)
    return frame
  }
  return {
    name: 'messagepack',
    reader: () => new FrameReader(LIMITS.message),
    decode,
    encode: framed,
    encodeMessage: (subscription, topic, value) =>
      framed({ jsonrpc: JSON_RPC, method: 'message', params: { subscription, topic, value } }),
  }
}
