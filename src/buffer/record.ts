import { crc32 } from 'node:zlib'
import type { Headers } from '../core/value.js'
import type { BufferedMessage, StoredMessage } from './message-buffer.js'

/** Bytes before the body: marker, CRC-32, length of the body, sequence number (64 bits). Little-endian throughout. */
export const RECORD_HEAD = 20
const TWO_32 = 2 ** 32
const TIMESTAMP = 8

/** How many bytes a message takes as a record. */
export function recordSize({ topic, payload, headers, contentType }: BufferedMessage): number {
  let size = RECORD_HEAD + TIMESTAMP + textSize(topic) + 1 + payload.length
  if (contentType !== undefined) size += textSize(contentType)
  if (headers === undefined) return size + 1
  const names = Object.keys(headers)
  size += numberSize(names.length + 1)
  for (const name of names) size += textSize(name) + textSize(headers[name]!)
  return size
}

/**
 * Writes a message as a record.
 * @param size as `recordSize` computes it
 * @returns where the record ends
 */
export function writeRecord(
  into: Buffer,
  at: number,
  size: number,
  marker: number,
  sequence: number,
  message: BufferedMessage,
): number {
  into.writeUInt32LE(marker, at)
  into.writeUInt32LE(size - RECORD_HEAD, at + 8)
  into.writeUInt32LE(sequence % TWO_32, at + 12)
  into.writeUInt32LE(Math.floor(sequence / TWO_32), at + 16)
  into.writeDoubleLE(message.timestamp, at + RECORD_HEAD)
  let place = writeText(into, at + RECORD_HEAD + TIMESTAMP, message.topic)
  const { contentType, headers, payload } = message
  into[place++] = contentType === undefined ? 0 : 1
  if (contentType !== undefined) place = writeText(into, place, contentType)
  place = writeHeaders(into, place, headers)
  into.set(payload, place)
  const end = at + size
  into.writeUInt32LE(crc32(into.subarray(at + 8, end)), at + 4)
  return end
}

/** Reads the length of the whole record at a place, as its head claims it. */
export function claimedSize(from: Buffer, at: number): number {
  return RECORD_HEAD + from.readUInt32LE(at + 8)
}

/** Reads the sequence number of the record at a place. */
export function sequenceAt(from: Buffer, at: number): number {
  return from.readUInt32LE(at + 12) + from.readUInt32LE(at + 16) * TWO_32
}

/** Whether the record at a place is as it was written. */
export function isIntact(from: Buffer, at: number, size: number): boolean {
  return crc32(from.subarray(at + 8, at + size)) === from.readUInt32LE(at + 4)
}

/** Reads an intact record. The payload is a view of the same memory. */
export function readRecord(from: Buffer, at: number, size: number): StoredMessage {
  const cursor = { from, at: at + RECORD_HEAD + TIMESTAMP }
  const topic = readText(cursor)
  const contentType = from[cursor.at++] === 0 ? undefined : readText(cursor)
  const headers = readHeaders(cursor)
  return {
    sequence: sequenceAt(from, at),
    marker: from.readUInt32LE(at),
    topic,
    payload: from.subarray(cursor.at, at + size),
    timestamp: from.readDoubleLE(at + RECORD_HEAD),
    ...(contentType !== undefined && { contentType }),
    ...(headers !== undefined && { headers }),
  }
}

interface Cursor {
  readonly from: Buffer
  at: number
}

/** The count of headers plus one, so that 0 says that there are none at all. */
function writeHeaders(into: Buffer, at: number, headers: Headers | undefined): number {
  if (headers === undefined) {
    into[at] = 0
    return at + 1
  }
  const names = Object.keys(headers)
  let place = writeNumber(into, at, names.length + 1)
  for (const name of names) {
    place = writeText(into, place, name)
    place = writeText(into, place, headers[name]!)
  }
  return place
}

function readHeaders(cursor: Cursor): Headers | undefined {
  const count = readNumber(cursor)
  if (count === 0) return undefined
  const entries: [string, string][] = []
  for (let i = 1; i < count; i++) entries.push([readText(cursor), readText(cursor)])
  // Defines own properties, so that a header named `__proto__` stays a header.
  return Object.fromEntries(entries)
}

/** Seven bits a byte, the lowest first; the eighth bit says that more follow. */
function writeNumber(into: Buffer, at: number, value: number): number {
  let place = at
  let rest = value
  while (rest > 0x7f) {
    into[place++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  into[place++] = rest
  return place
}

function readNumber(cursor: Cursor): number {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = cursor.from[cursor.at++]!
    value += (byte & 0x7f) * 2 ** shift
    if (byte <= 0x7f) return value
  }
}

function numberSize(value: number): number {
  let size = 1
  for (let rest = value; rest > 0x7f; rest >>>= 7) size++
  return size
}

function textSize(text: string): number {
  const bytes = Buffer.byteLength(text)
  return numberSize(bytes) + bytes
}

function writeText(into: Buffer, at: number, text: string): number {
  const bytes = Buffer.byteLength(text)
  const place = writeNumber(into, at, bytes)
  into.write(text, place, bytes, 'utf8')
  return place + bytes
}

function readText(cursor: Cursor): string {
  const bytes = readNumber(cursor)
  const text = cursor.from.toString('utf8', cursor.at, cursor.at + bytes)
  cursor.at += bytes
  return text
}
