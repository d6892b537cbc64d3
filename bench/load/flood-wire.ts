import { benchMessage, TOPICS } from '../message.js'
import { connectPacket, publishPackets } from './mqtt-packets.js'

/** How a flooder speaks to a broker: what it sends first, how it knows that it is welcome, and what it floods with. */
export interface FloodWire {
  readonly hello: Buffer
  /** Whether the first bytes that a broker sends say that it takes messages. */
  isWelcome(bytes: Buffer): boolean
  /** What has to be answered to bytes that come later. */
  answer?(bytes: Buffer): string | undefined
  /** `count` different benchmark messages, each as the bytes that publish it. */
  packets(count: number): readonly Buffer[]
}

const payload = (n: number) => JSON.stringify(benchMessage(n))
const topicOf = (n: number) => TOPICS[n % TOPICS.length]!

const mqtt: FloodWire = {
  hello: connectPacket(`bench-flooder-${process.pid}`),
  // The fourth byte of a CONNACK is 0 when we are welcome.
  isWelcome: (bytes) => bytes[3] === 0,
  packets: (count) => publishPackets(count),
}

const nats: FloodWire = {
  hello: Buffer.from('CONNECT {"verbose":false,"pedantic":false,"lang":"bench","version":"0"}\r\nPING\r\n'),
  isWelcome: (bytes) => bytes.includes('PONG') || bytes.includes('INFO'),
  answer: (bytes) => (bytes.includes('PING') ? 'PONG\r\n' : undefined),
  packets: (count) =>
    Array.from({ length: count }, (_, n) => {
      const body = payload(n)
      return Buffer.from(`PUB ${topicOf(n).replaceAll('/', '.')} ${Buffer.byteLength(body)}\r\n${body}\r\n`)
    }),
}

const redis: FloodWire = {
  hello: Buffer.from('*1\r\n$4\r\nPING\r\n'),
  isWelcome: (bytes) => bytes.includes('+PONG'),
  packets: (count) => Array.from({ length: count }, (_, n) => respCommand('PUBLISH', topicOf(n), payload(n))),
}

/** The protocols that a flooder speaks. */
export const FLOOD_WIRES = { mqtt, nats, redis } as const

function respCommand(...words: readonly string[]): Buffer {
  const bulk = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  return Buffer.from(`*${words.length}\r\n${bulk.join('')}`)
}
