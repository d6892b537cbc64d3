import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Timer } from '../core/clock.js'
import { Deque } from '../core/deque.js'
import { SequenceTable } from '../core/sequence-table.js'
import { systemCode } from './errors.js'
import type { LogState } from './log-state.js'
import { Losses } from './losses.js'
import type { ReadCredit, StoredMessage } from './message-buffer.js'
import type { Segment } from './segment.js'
import { type BrokenBytes, type Found, SegmentScan } from './segment-scan.js'

/** Bounds what is decoded in one turn of the loop. */
const CHUNK_BYTES = 256 * 1024
const RETRY_MS = 1_000
/** A bad sector does not recover: after so many tries the rest of the segment is given up. */
const TRIES = 3

/** The segment that is being read. */
interface Place {
  readonly segment: Segment
  readonly handle: FileHandle
  readonly scan: SegmentScan
}

/** Reads the log from its oldest message that is not done. Reads ahead by one chunk. */
export class LogReader {
  readonly #state: LogState
  readonly #maxAgeMs: number
  readonly #ready = new Deque<StoredMessage>()
  /** The timestamps of the messages that were read and are not done. */
  readonly #inFlight = new SequenceTable<number>()
  readonly #losses: Losses
  #place: Place | undefined
  /** The number that the next record should have. */
  #expected: number
  #highest: number
  #epoch = 0
  #fill: Promise<void> | undefined
  #isPoked = false
  #failures = 0
  /** Set after a failed read: nothing is read before. */
  #retry: Timer | undefined
  #isReading = false
  #isClosed = false
  #wake = () => {}
  #expired = 0
  #dropped = 0

  /** @param maxAgeMs messages older than this are dropped; Infinity for no limit */
  constructor(state: LogState, maxAgeMs: number) {
    this.#state = state
    this.#losses = new Losses(state)
    this.#maxAgeMs = maxAgeMs
    this.#expected = state.acceptance.cursor + 1
    this.#highest = state.acceptance.cursor
  }

  get expired(): number {
    return this.#expired
  }

  get unreadable(): number {
    return this.#losses.messages
  }

  /** Messages that were dropped with the oldest segment. */
  get dropped(): number {
    return this.#dropped
  }

  /** The timestamp of the oldest message that is not done. */
  get oldest(): number | undefined {
    return this.#inFlight.first(() => true) ?? this.#ready.peek()?.timestamp
  }

  async read(credit: ReadCredit): Promise<readonly StoredMessage[]> {
    if (this.#isReading) throw new Error('a read is under way: read one batch at a time')
    this.#isReading = true
    try {
      while (!this.#isClosed) {
        const messages = this.#take(credit)
        if (messages.length > 0) return messages
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          this.poke()
        })
      }
      return []
    } finally {
      this.#isReading = false
    }
  }

  /** Marks a message that was read as done. @returns whether it was not done before */
  accepted(sequence: number): boolean {
    if (!(sequence <= this.#highest)) return false
    this.#inFlight.take(sequence)
    return this.#state.acceptance.done(sequence)
  }

  rewind(): void {
    const { cursor } = this.#state.acceptance
    // Their segment was dropped after they were read: nobody can read them again.
    for (const [sequence] of this.#inFlight.entries()) if (sequence <= cursor) this.#dropped++
    this.#inFlight.clear()
    this.#ready.clear()
    this.#leave()
    this.#expected = cursor + 1
    this.poke()
  }

  /** Drops the oldest segment, which is sealed. Messages of it that were read can still be accepted. */
  dropHead(): void {
    const { segments, acceptance } = this.#state
    const { first, end } = segments.head!
    for (let sequence = first; sequence < end; sequence++)
      if (!acceptance.isDone(sequence) && !this.#inFlight.has(sequence)) this.#dropped++
    acceptance.skipTo(end - 1)
    while (this.#ready.size > 0 && this.#ready.peek()!.sequence < end) this.#ready.shift()
    if (this.#expected < end) {
      this.#leave()
      this.#expected = end
    }
    this.#state.onDone()
  }

  /** Drops messages that are too old from the front. Never throws. */
  expire(): void {
    if (this.#maxAgeMs === Number.POSITIVE_INFINITY) return
    const before = this.#expired
    for (let next = this.#ready.peek(); next !== undefined; next = this.#ready.peek()) {
      if (!this.#isUseless(next)) break
      this.#ready.shift()
    }
    if (this.#expired > before) this.#state.onDone()
    this.poke()
  }

  /** Reads ahead if there is something to read. Called when that may have changed. Never throws. */
  poke(): void {
    this.#isPoked = true
    if (this.#fill !== undefined) return
    this.#fill = this.#readAhead().finally(() => {
      this.#fill = undefined
      if (this.#ready.size > 0) this.#wake()
      else if (this.#isPoked && this.#canRead) this.poke()
    })
  }

  /** Ends a read that is under way. Never throws. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#wake()
    await this.#fill
    this.#leave()
  }

  #take(credit: ReadCredit): StoredMessage[] {
    const messages: StoredMessage[] = []
    const before = this.#expired
    let bytes = 0
    for (let next = this.#ready.peek(); next !== undefined; next = this.#ready.peek()) {
      if (this.#isUseless(next)) {
        this.#ready.shift()
        continue
      }
      bytes += next.payload.length
      if (messages.length > 0 && (bytes > credit.bytes || messages.length >= credit.messages)) break
      messages.push(this.#ready.shift()!)
      this.#inFlight.set(next.sequence, next.timestamp)
      this.#highest = Math.max(this.#highest, next.sequence)
    }
    if (this.#expired > before) this.#state.onDone()
    if (this.#ready.size === 0) this.poke()
    return messages
  }

  /** Whether a message is not to be delivered: done, or too old, which makes it done. */
  #isUseless({ sequence, timestamp }: StoredMessage): boolean {
    const { acceptance, clock } = this.#state
    if (acceptance.isDone(sequence)) return true
    if (!(clock.now() - timestamp > this.#maxAgeMs)) return false
    acceptance.done(sequence)
    this.#expired++
    return true
  }

  get #canRead(): boolean {
    return this.#ready.size === 0 && this.#retry === undefined && !this.#isClosed
  }

  async #readAhead(): Promise<void> {
    do {
      this.#isPoked = false
      while (this.#canRead && (await this.#step())) this.expire()
    } while (this.#isPoked && this.#canRead)
  }

  /** Reads one chunk. @returns false if there is nothing to read until `poke` is called */
  async #step(): Promise<boolean> {
    const epoch = this.#epoch
    const segment = this.#place?.segment ?? this.#state.segments.at(this.#expected)
    if (segment === undefined) return false
    try {
      if (this.#place === undefined) {
        const handle = await this.#state.files.open(join(this.#state.folder, segment.name), 'r')
        if (epoch !== this.#epoch) await handle.close()
        else this.#place = { segment, handle, scan: new SegmentScan(segment.marker) }
        return true
      }
      return await this.#readChunk(this.#place)
    } catch (error) {
      return epoch !== this.#epoch || this.#failed(segment, error)
    }
  }

  async #readChunk(place: Place): Promise<boolean> {
    const { segment, handle, scan } = place
    const end = segment.bytes
    const wanted = Math.min(Math.max(CHUNK_BYTES, scan.needs), end - scan.position)
    if (wanted <= 0) {
      if (!segment.isSealed) return false
      this.#digest(place, scan.finish())
      this.#giveUp(segment, 'the segment is shorter than it was')
      return true
    }
    const chunk = Buffer.allocUnsafe(wanted)
    const epoch = this.#epoch
    const { bytesRead } = await handle.read(chunk, 0, wanted, scan.position)
    if (epoch !== this.#epoch) return true
    this.#failures = 0
    if (bytesRead === 0) this.#giveUp(segment, 'the segment is shorter than it was')
    else this.#digest(place, scan.scan(chunk.subarray(0, bytesRead), end))
    return true
  }

  #digest({ segment }: Place, found: readonly Found[]): void {
    let broken: BrokenBytes | undefined
    for (const each of found) {
      if ('broken' in each) broken = each.broken
      else if (each.message.sequence >= this.#expected && each.message.sequence < segment.end) {
        this.#lose(segment, each.message.sequence, broken)
        broken = undefined
        this.#expected = each.message.sequence + 1
        if (!this.#state.acceptance.isDone(each.message.sequence)) this.#ready.push(each.message)
      } else if (broken !== undefined) {
        // Before the place to which the reader went back.
        this.#lose(segment, this.#expected, broken)
        broken = undefined
      }
    }
    if (broken !== undefined) this.#lose(segment, segment.end, broken)
  }

  /** Goes on at `next`; the messages before it are lost. */
  #lose(segment: Segment, next: number, broken?: BrokenBytes, reason?: string): void {
    this.#losses.add(segment, this.#expected, next, broken, reason)
    this.#expected = Math.max(this.#expected, next)
  }

  /** Goes on after a segment that ends early; its remaining messages are lost. */
  #giveUp(segment: Segment, reason: string): void {
    this.#lose(segment, segment.end, undefined, reason)
    this.#failures = 0
    this.#leave()
  }

  /** @returns whether to go on at once */
  #failed(segment: Segment, error: unknown): boolean {
    const { segments, report, clock } = this.#state
    // Dropped, or done, while it was being opened.
    if (!segments.has(segment)) {
      this.#leave()
      return true
    }
    const code = systemCode(error)
    const reason = `cannot read the segment: ${(error as Error).message}`
    if (code === 'ENOENT' || (code === 'EIO' && ++this.#failures >= TRIES)) {
      // Nothing may be appended to a segment that cannot be read, so only a sealed one can be given up.
      this.#giveUp(segment, reason)
      if (segment.isSealed) return true
    } else report({ kind: 'io', file: segment.name, messages: 0, reason })
    const retry = () => {
      this.#retry = undefined
      this.poke()
    }
    this.#retry = clock.setTimer(RETRY_MS, retry, { background: true })
    return false
  }

  /** Leaves the segment that is being read. What is being read of it at the moment is discarded. */
  #leave(): void {
    this.#epoch++
    const place = this.#place
    this.#place = undefined
    place?.handle.close().catch(() => {})
  }
}
