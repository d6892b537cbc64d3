import type { StoredMessage } from './message-buffer.js'
import { claimedSize, isIntact, RECORD_HEAD, readRecord, sequenceAt } from './record.js'
import { SEGMENT_HEADER } from './segment.js'

/** Bytes between two intact records, or at the end, that are not a record. */
export interface BrokenBytes {
  readonly offset: number
  readonly bytes: number
}

/** What a scan found: an intact record, or damage. */
export type Found =
  | { readonly message: StoredMessage; readonly end: number }
  | { readonly broken: BrokenBytes }

/**
 * Finds the intact records in the bytes of a segment. After damage it looks for the next marker, so a wrong length
 * costs one record and not the rest of the file. Pure: the caller reads the file.
 */
export class SegmentScan {
  /** Where in the file the next chunk must begin. */
  position = SEGMENT_HEADER
  /** How many bytes the next chunk must have to get further, if the file has as many. */
  needs = RECORD_HEAD
  readonly #marker: number
  readonly #markerBytes = Buffer.alloc(4)
  #brokenFrom: number | undefined

  constructor(marker: number) {
    this.#marker = marker
    this.#markerBytes.writeUInt32LE(marker)
  }

  /** Where the damage begins that reaches up to `position`; `undefined` if there is none. */
  get brokenFrom(): number | undefined {
    return this.#brokenFrom
  }

  /**
   * Scans a chunk that begins at `position`, and moves `position`.
   * @param end where the readable part of the file ends
   */
  scan(chunk: Buffer, end: number): Found[] {
    const start = this.position
    const found: Found[] = []
    let at = 0
    this.needs = RECORD_HEAD
    while (start + at < end) {
      const size = this.#recordAt(chunk, at, end - start)
      if (size === 'incomplete') break
      if (size !== 'broken') {
        this.#endDamage(start + at, found)
        found.push({ message: readRecord(chunk, at, size), end: start + at + size })
        at += size
        continue
      }
      this.#brokenFrom ??= start + at
      const next = chunk.indexOf(this.#markerBytes, at + 1)
      if (next !== -1) at = next
      else {
        // A marker may begin in the last bytes of the chunk.
        at = start + chunk.length >= end ? chunk.length : Math.max(at + 1, chunk.length - 3)
        break
      }
    }
    this.position = start + at
    return found
  }

  /** Ends the damage that reaches up to `position`: the file has no further bytes. */
  finish(): Found[] {
    const found: Found[] = []
    this.#endDamage(this.position, found)
    return found
  }

  #endDamage(at: number, found: Found[]): void {
    if (this.#brokenFrom !== undefined)
      found.push({ broken: { offset: this.#brokenFrom, bytes: at - this.#brokenFrom } })
    this.#brokenFrom = undefined
  }

  /** @param available how many bytes the file has from the start of the chunk */
  #recordAt(chunk: Buffer, at: number, available: number): number | 'broken' | 'incomplete' {
    if (at + RECORD_HEAD > available) return 'broken'
    if (at + RECORD_HEAD > chunk.length) return 'incomplete'
    if (chunk.readUInt32LE(at) !== this.#marker) return 'broken'
    const size = claimedSize(chunk, at)
    if (at + size > available || !Number.isSafeInteger(sequenceAt(chunk, at))) return 'broken'
    if (at + size > chunk.length) {
      this.needs = size
      return 'incomplete'
    }
    return isIntact(chunk, at, size) ? size : 'broken'
  }
}
