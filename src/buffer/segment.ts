import { crc32 } from 'node:zlib'

/** A file of the log. It owns the numbers from `first` up to `end`. */
export interface Segment {
  readonly name: string
  /** Begins each record of the file. Random, so that no payload can imitate a record. */
  readonly marker: number
  readonly first: number
  /** The number after its last record. Grows until the segment is sealed. */
  end: number
  /** How many bytes of the file are safe. */
  bytes: number
  /** Whether nothing is appended to it any more. */
  isSealed: boolean
}

export const SEGMENT_HEADER = 32
const MAGIC = Buffer.from('nemobuf')
export const VERSION = 1
const DIGITS = 16
const NAME = /^(\d{16})-([0-9a-f]{8})\.log$/

/** Makes a segment that has no records yet. */
export function newSegment(first: number, marker: number): Segment {
  const name = `${String(first).padStart(DIGITS, '0')}-${marker.toString(16).padStart(8, '0')}.log`
  return { name, marker, first, end: first, bytes: 0, isSealed: false }
}

/** Reads the name of a file. The name says all that the header says. @returns `undefined` for other files */
export function segmentOfName(name: string): Segment | undefined {
  const parts = NAME.exec(name)
  if (parts === null) return undefined
  const first = Number(parts[1])
  if (!Number.isSafeInteger(first)) return undefined
  return { name, marker: Number.parseInt(parts[2]!, 16), first, end: first, bytes: 0, isSealed: true }
}

/** Writes the header: magic, version, marker, CRC-32 of the rest, first number, time of creation. */
export function segmentHeader({ marker, first }: Segment, createdAt: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER)
  MAGIC.copy(header)
  header[MAGIC.length] = VERSION
  header.writeUInt32LE(marker, 8)
  header.writeBigUInt64LE(BigInt(first), 16)
  header.writeDoubleLE(createdAt, 24)
  header.writeUInt32LE(crc32(header), 12)
  return header
}

/** What a header says: intact, damaged, or of another version. */
export function checkHeader(bytes: Buffer, { marker, first }: Segment): 'intact' | 'broken' | number {
  if (bytes.length < SEGMENT_HEADER) return 'broken'
  const header = Buffer.from(bytes.subarray(0, SEGMENT_HEADER))
  const sum = header.readUInt32LE(12)
  header.writeUInt32LE(0, 12)
  if (crc32(header) !== sum || !header.subarray(0, MAGIC.length).equals(MAGIC)) return 'broken'
  const version = header[MAGIC.length]!
  if (version !== VERSION) return version
  const agrees = header.readUInt32LE(8) === marker && header.readBigUInt64LE(16) === BigInt(first)
  return agrees ? 'intact' : 'broken'
}
