import { join } from 'node:path'
import { ConfigError } from '../core/errors/config.js'
import { CURSOR, loadCursor, type SavedCursor } from './cursor-file.js'
import type { Files } from './files.js'
import type { BufferFault } from './message-buffer.js'
import { checkHeader, SEGMENT_HEADER, type Segment, segmentOfName, VERSION } from './segment.js'
import { SegmentScan } from './segment-scan.js'

const CHUNK_BYTES = 256 * 1024

/** What a folder contained. */
export interface Recovered {
  readonly segments: Segment[]
  /** All messages up to this number are done. */
  readonly cursor: number
  /** The number of the next message. */
  readonly next: number
  /** Messages that are lost because there is no segment. Those of other losses are found when they are read. */
  readonly lost: number
}

/**
 * Finds the log in a folder and cuts off a torn tail. Reads only the last segment as a whole: the other ones are
 * checked when they are read.
 * @throws ConfigError if the log was written by a newer version; otherwise the error of the system
 */
export async function recover(
  files: Files,
  folder: string,
  report: (fault: BufferFault) => void,
): Promise<Recovered> {
  const saved = await loadCursor(files, folder)
  const known = typeof saved === 'object' ? saved : { cursor: 0, stored: 0 }
  const segments = await listSegments(files, folder, report)
  await cutTail(files, folder, segments, report)
  for (const empty of segments.filter(({ first, end }) => end <= first))
    await files.unlink(join(folder, empty.name))
  const kept = segments.filter(({ first, end }) => end > first)

  if (saved === 'broken')
    report({ kind: 'broken-cursor', file: CURSOR, messages: 0, reason: 'the bytes are not an intact cursor' })
  const last = kept.at(-1)
  if (last === undefined) return withoutSegments(known, report)
  const next = Math.max(last.end, known.cursor + 1, known.stored + 1)
  // The reader finds that the end of the last segment is missing, as it does for all others.
  last.end = next
  return { segments: kept, cursor: Math.max(known.cursor, kept[0]!.first - 1), next, lost: 0 }
}

function withoutSegments({ cursor, stored }: SavedCursor, report: (fault: BufferFault) => void): Recovered {
  const lost = Math.max(0, stored - cursor)
  const reason = 'messages that were stored are missing'
  if (lost > 0) report({ kind: 'unreadable-segment', file: CURSOR, messages: lost, reason })
  return { segments: [], cursor: cursor + lost, next: cursor + lost + 1, lost }
}

/** All segments in order, each up to the first number of the next one. */
async function listSegments(
  files: Files,
  folder: string,
  report: (fault: BufferFault) => void,
): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const name of (await files.readdir(folder)).sort()) {
    const segment = segmentOfName(name)
    if (segment === undefined) continue
    await readHeader(files, folder, segment, report)
    segments.push(segment)
  }
  for (const [index, segment] of segments.entries()) segment.end = segments[index + 1]?.first ?? segment.first
  return segments
}

async function readHeader(
  files: Files,
  folder: string,
  segment: Segment,
  report: (fault: BufferFault) => void,
): Promise<void> {
  const handle = await files.open(join(folder, segment.name), 'r')
  try {
    segment.bytes = (await handle.stat()).size
    const header = Buffer.alloc(SEGMENT_HEADER)
    const { bytesRead } = await handle.read(header, 0, SEGMENT_HEADER, 0)
    const state = checkHeader(header.subarray(0, bytesRead), segment)
    if (typeof state === 'number')
      throw new ConfigError(
        `cannot open the buffer in ${folder}: ${segment.name} has version ${state} of the format, and this gateway reads version ${VERSION}`,
      )
    // A file that a crash left without its header has no records either.
    if (state === 'broken' && segment.bytes > SEGMENT_HEADER) {
      const reason = 'the bytes are not an intact header'
      report({
        kind: 'broken-header',
        file: segment.name,
        offset: 0,
        bytes: SEGMENT_HEADER,
        messages: 0,
        reason,
      })
    }
  } finally {
    await handle.close()
  }
}

/** Finds the last intact record of the last segment, and cuts off what follows. */
async function cutTail(
  files: Files,
  folder: string,
  segments: readonly Segment[],
  report: (fault: BufferFault) => void,
): Promise<void> {
  const last = segments.at(-1)
  if (last === undefined) return
  const handle = await files.open(join(folder, last.name), 'r+')
  try {
    const scan = new SegmentScan(last.marker)
    while (scan.position < last.bytes) {
      const wanted = Math.min(Math.max(CHUNK_BYTES, scan.needs), last.bytes - scan.position)
      const chunk = Buffer.allocUnsafe(wanted)
      const { bytesRead } = await handle.read(chunk, 0, wanted, scan.position)
      if (bytesRead === 0) break
      for (const found of scan.scan(chunk.subarray(0, bytesRead), last.bytes))
        if ('message' in found) last.end = found.message.sequence + 1
    }
    const torn = scan.brokenFrom
    if (torn === undefined) return
    const reason = 'the last segment ends with an incomplete record'
    report({
      kind: 'torn-tail',
      file: last.name,
      offset: torn,
      bytes: last.bytes - torn,
      messages: 0,
      reason,
    })
    await handle.truncate(torn)
    last.bytes = torn
  } finally {
    await handle.close()
  }
}
