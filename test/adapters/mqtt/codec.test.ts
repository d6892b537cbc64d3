import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { generate, type IPublishPacket, parser } from 'mqtt-packet'
import { describe, expect, it } from 'vitest'
import { MalformedPacket } from '../../../src/adapters/mqtt/client/errors.js'
import { Framer } from '../../../src/adapters/mqtt/client/framer.js'
import { Outbound } from '../../../src/adapters/mqtt/client/outbound.js'
import { PacketIds } from '../../../src/adapters/mqtt/client/packet-ids.js'
import { writeProperties } from '../../../src/adapters/mqtt/client/properties.js'
import { type PublishPacket, publishDecoder } from '../../../src/adapters/mqtt/client/publish-decoder.js'
import { TopicCache } from '../../../src/adapters/mqtt/client/topic-cache.js'

const topic = fc
  .string({ minLength: 1, maxLength: 100, unit: 'grapheme' })
  .filter((text) => !/[+#\0]/.test(text))
const text = fc.string({ maxLength: 50, unit: 'grapheme' }).filter((value) => !value.includes('\0'))
const message = fc.record({
  topic,
  payload: fc.uint8Array({ maxLength: 40_000, size: 'max' }),
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.boolean(),
  id: fc.integer({ min: 1, max: 65_535 }),
  headers: fc.option(fc.dictionary(text, text, { maxKeys: 5 }), { nil: undefined }),
  responseTopic: fc.option(topic, { nil: undefined }),
  correlationData: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
  expirySeconds: fc.option(fc.nat(), { nil: undefined }),
})

/** Cuts `bytes` at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...at, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : at[i - 1], end))
}

function decodeAll(version: 4 | 5, chunks: readonly Buffer[]): PublishPacket[] {
  const decode = publishDecoder(version)
  const packets: PublishPacket[] = []
  const framer = new Framer(1_000_000, (...frame) => packets.push(decode(...frame)))
  for (const chunk of chunks) framer.feed(chunk)
  return packets
}

describe('the PUBLISH packet', () => {
  it('is read as mqtt-packet writes it, wherever the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4, 5),
        fc.array(message, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 6 }),
        (version, messages, places) => {
          const wire = Buffer.concat(
            messages.map((given) =>
              generate(
                {
                  cmd: 'publish',
                  topic: given.topic,
                  payload: Buffer.from(given.payload),
                  qos: given.qos as 0 | 1 | 2,
                  retain: given.retain,
                  dup: false,
                  messageId: given.id,
                  properties: {
                    ...(given.responseTopic && { responseTopic: given.responseTopic }),
                    ...(given.correlationData && { correlationData: Buffer.from(given.correlationData) }),
                    subscriptionIdentifier: 300,
                    contentType: 'x',
                    payloadFormatIndicator: true,
                    messageExpiryInterval: 9,
                  },
                },
                { protocolVersion: version },
              ),
            ),
          )
          const read = decodeAll(version as 4 | 5, cut(wire, places))
          expect(read.length).toBe(messages.length)
          for (const [i, given] of messages.entries()) {
            const { properties, payload, ...rest } = read[i]!
            const { topic: name, qos, retain } = given
            expect(rest).toEqual({ topic: name, qos, retain, dup: false, id: qos === 0 ? 0 : given.id })
            expect(Buffer.compare(payload, given.payload)).toBe(0)
            if (version === 4) continue
            expect(properties.subscriptionIds).toEqual([300])
            expect(properties.responseTopic).toBe(given.responseTopic || undefined)
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('is written as mqtt-packet reads it, and as we read it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(4, 5),
        fc.array(message, { minLength: 1, maxLength: 4 }),
        async (version, messages) => {
          const stream = new PassThrough({ highWaterMark: 10_000_000 })
          const outbound = new Outbound(stream)
          const topics = new TopicCache()
          for (const given of messages) {
            let properties: Buffer | undefined
            if (version === 5) {
              const encoded = writeProperties(given)
              const length = encoded.length
              const prefix = length < 128 ? [length] : [(length & 127) | 128, length >> 7]
              properties = Buffer.concat([Buffer.from(prefix), encoded])
            }
            const flags = (given.qos << 1) | (given.retain ? 1 : 0)
            outbound.publish(
              flags,
              topics.encode(given.topic),
              given.qos === 0 ? 0 : given.id,
              properties,
              given.payload,
            )
          }
          await new Promise((resolve) => setImmediate(resolve))
          const wire = stream.read() as Buffer
          const theirs: IPublishPacket[] = []
          const reader = parser({ protocolVersion: version })
          reader.on('packet', (packet) => theirs.push(packet as IPublishPacket))
          reader.parse(wire)
          const ours = decodeAll(version as 4 | 5, [wire])
          expect([theirs.length, ours.length]).toEqual([messages.length, messages.length])
          for (const [i, given] of messages.entries()) {
            const expected = { topic: given.topic, qos: given.qos, retain: given.retain }
            expect(theirs[i]).toMatchObject(expected)
            expect(ours[i]).toMatchObject(expected)
            expect(Buffer.compare(theirs[i]!.payload as Buffer, given.payload)).toBe(0)
            expect(Buffer.compare(ours[i]!.payload, given.payload)).toBe(0)
            if (given.qos > 0) expect([theirs[i]!.messageId, ours[i]!.id]).toEqual([given.id, given.id])
            if (version === 4) continue
            expect(theirs[i]!.properties?.messageExpiryInterval).toBe(given.expirySeconds)
            expect(theirs[i]!.properties?.responseTopic).toBe(given.responseTopic)
            expect(Object.entries(ours[i]!.properties.headers ?? {})).toEqual(
              Object.entries(given.headers ?? {}),
            )
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  it('throws MalformedPacket for any other bytes, and nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(4, 5), fc.uint8Array({ maxLength: 300 }), (version, bytes) => {
        try {
          decodeAll(version as 4 | 5, [Buffer.from(bytes)])
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedPacket)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('packet identifiers', () => {
  it('come again only after all others, and never while in use', () => {
    const ids = new PacketIds()
    const first = ids.allocate()
    ids.deallocate(first!)
    ids.clear()
    const seen = new Set<number | null>([first])
    for (let i = 1; i < 65_535; i++) seen.add(ids.allocate())
    expect(seen.size).toBe(65_535)
    expect(ids.allocate()).toBe(first)
    expect(ids.allocate()).toBeNull()
    ids.deallocate(77)
    expect(ids.register(78)).toBe(false)
    expect(ids.allocate()).toBe(77)
  })
})
