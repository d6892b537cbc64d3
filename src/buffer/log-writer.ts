import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Deque } from '../core/deque.js'
import { ShutdownError } from '../core/errors/lifecycle.js'
import type { Random } from '../core/random.js'
import { appendFailure, folderLost, tooLarge } from './errors.js'
import { type FileIdentity, leadsTo, syncFolder, writeAll } from './files.js'
import type { LogState } from './log-state.js'
import type { BufferedMessage, WhenFull } from './message-buffer.js'
import { recordSize, writeRecord } from './record.js'
import { newSegment, SEGMENT_HEADER, type Segment, segmentHeader } from './segment.js'

/** Bounds what is encoded in one turn of the loop and written at once. */
const BATCH_BYTES = 256 * 1024
/** The length of a record is a number of 32 bits. */
const LARGEST_RECORD = 2 ** 30

interface Pending {
  readonly message: BufferedMessage
  readonly size: number
  readonly resolve: (sequence: number | undefined) => void
  readonly reject: (error: Error) => void
}

/** The limits of a writer. */
export interface WriterLimits {
  /** Bytes of all segments together. */
  readonly bytes: number
  readonly segmentBytes: number
  readonly whenFull: WhenFull
}

/** What the writer needs beside the state of the log. */
export interface WriterPorts {
  readonly random: Random
  /** Called after messages were stored, or a segment was sealed. */
  readonly onStored: () => void
  /** Drops the oldest segment, which is sealed. */
  readonly dropHead: () => void
  /** Makes the folder again if it was removed. @throws Error if that fails */
  readonly secureFolder: () => Promise<void>
}

/**
 * Appends messages to the log. Group commit: while one batch is written and synced, the next one collects, so the
 * number of syncs does not depend on the number of messages.
 */
export class LogWriter {
  readonly #state: LogState
  readonly #limits: WriterLimits
  readonly #ports: WriterPorts
  readonly #pending = new Deque<Pending>()
  #unsettledMessages = 0
  #unsettledBytes = 0
  #handle: FileHandle | undefined
  /** The file of the active segment. */
  #file: FileIdentity | undefined
  #run: Promise<void> | undefined
  #isCalledAgain = false
  #isClosed = false
  #dropped = 0

  constructor(state: LogState, limits: WriterLimits, ports: WriterPorts) {
    this.#state = state
    this.#limits = limits
    this.#ports = ports
  }

  /** Messages that wait or are being written. */
  get pendingMessages(): number {
    return this.#unsettledMessages
  }

  get pendingBytes(): number {
    return this.#unsettledBytes
  }

  /** Messages that `drop-newest` dropped. */
  get dropped(): number {
    return this.#dropped
  }

  append(message: BufferedMessage): Promise<number | undefined> {
    if (this.#isClosed) return Promise.reject(new ShutdownError({ notExecuted: true }))
    const size = recordSize(message)
    const largest = Math.min(this.#limits.bytes - SEGMENT_HEADER, LARGEST_RECORD)
    if (size > largest) return Promise.reject(tooLarge(this.#state.folder, size, largest))
    return new Promise((resolve, reject) => {
      this.#pending.push({ message, size, resolve, reject })
      this.#unsettledMessages++
      this.#unsettledBytes += message.payload.length
      this.pump()
    })
  }

  /** Stores what is pending, as far as there is room. Called again when there may be more room. Never throws. */
  pump(): void {
    this.#isCalledAgain = true
    if (this.#run !== undefined || this.#pending.size === 0) return
    this.#run = this.#storeAll().finally(() => {
      this.#run = undefined
      if (this.#isCalledAgain) this.pump()
    })
  }

  /** Resolves when nothing is being stored: what is still pending waits for room. Never rejects. */
  async flushed(): Promise<void> {
    while (this.#run !== undefined) await this.#run
  }

  /** Stores what has room and rejects the rest. Never throws; idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.flushed()
    for (let entry = this.#pending.shift(); entry !== undefined; entry = this.#pending.shift())
      this.#settle(entry).reject(new ShutdownError({ notExecuted: true }))
    await this.#seal()
  }

  async #storeAll(): Promise<void> {
    // Collects everything that is appended in this turn.
    await undefined
    do {
      this.#isCalledAgain = false
      while (await this.#storeSome()) {}
    } while (this.#isCalledAgain)
  }

  /** @returns false if there is nothing to do until `pump` is called */
  async #storeSome(): Promise<boolean> {
    const first = this.#pending.peek()
    if (first === undefined) return false
    const { segments } = this.#state
    if (segments.active !== undefined && segments.active.bytes + first.size > this.#limits.segmentBytes)
      await this.#seal()
    const free = this.#limits.bytes - segments.bytes
    const used = segments.active?.bytes ?? SEGMENT_HEADER
    const header = segments.active === undefined ? SEGMENT_HEADER : 0
    if (first.size + header > free) return this.#makeRoom()
    const room = Math.min(free - header, this.#limits.segmentBytes - used, BATCH_BYTES)
    await this.#store(this.#takeBatch(room))
    return true
  }

  /** Takes as many messages as have room, at least one. */
  #takeBatch(room: number): Pending[] {
    const batch: Pending[] = []
    let bytes = 0
    for (let next = this.#pending.peek(); next !== undefined; next = this.#pending.peek()) {
      if (batch.length > 0 && bytes + next.size > room) break
      bytes += next.size
      batch.push(this.#pending.shift()!)
    }
    return batch
  }

  /** Stops counting a message as pending. The caller resolves or rejects it. */
  #settle(entry: Pending): Pending {
    this.#unsettledMessages--
    this.#unsettledBytes -= entry.message.payload.length
    return entry
  }

  /** Makes room for the first pending message, or drops it. @returns false if it must wait */
  async #makeRoom(): Promise<boolean> {
    const { segments, acceptance, next } = this.#state
    if (segments.active !== undefined && acceptance.cursor === next - 1) {
      await this.#seal()
      return true
    }
    if (segments.isRemoving) {
      await segments.settled()
      return true
    }
    switch (this.#limits.whenFull) {
      case 'block':
        return false
      case 'drop-newest':
        this.#dropped++
        this.#settle(this.#pending.shift()!).resolve(undefined)
        return true
      case 'drop-oldest':
        if (segments.head === undefined) return false
        if (segments.head === segments.active) await this.#seal()
        this.#ports.dropHead()
        return true
    }
  }

  async #store(batch: readonly Pending[]): Promise<void> {
    const { segments, next } = this.#state
    const active = segments.active
    const segment = active ?? newSegment(next, this.#newMarker())
    const bytes = this.#encode(batch, segment, active === undefined)
    // Counted before it is written, so that the disk never has more than was counted.
    segments.reserve(bytes.length)
    try {
      if (active === undefined) await this.#open(segment)
      await writeAll(this.#handle!, bytes, segment.bytes)
      await this.#handle!.datasync()
      if (active === undefined) await syncFolder(this.#state.files, this.#state.folder)
      // A file without a name accepts writes, and nobody finds them after a restart.
      if (!(await leadsTo(this.#state.files, this.#pathOf(segment), this.#file!))) throw folderLost()
    } catch (error) {
      await this.#undo(segment, bytes.length, batch.length)
      this.#rejectAll(batch, error)
      return
    }
    segment.bytes += bytes.length
    segment.end = this.#state.next = next + batch.length
    if (active === undefined) segments.add(segment)
    for (const [index, entry] of batch.entries()) this.#settle(entry).resolve(next + index)
    this.#ports.onStored()
  }

  #encode(batch: readonly Pending[], segment: Segment, isNew: boolean): Buffer {
    const size = batch.reduce((sum, entry) => sum + entry.size, isNew ? SEGMENT_HEADER : 0)
    const bytes = Buffer.allocUnsafe(size)
    let at = isNew ? segmentHeader(segment, this.#state.clock.now()).copy(bytes) : 0
    for (const [index, { size, message }] of batch.entries())
      at = writeRecord(bytes, at, size, segment.marker, this.#state.next + index, message)
    return bytes
  }

  async #open(segment: Segment): Promise<FileHandle> {
    await this.#ports.secureFolder()
    const handle = await this.#state.files.open(this.#pathOf(segment), 'wx')
    this.#handle = handle
    this.#file = await handle.stat()
    return handle
  }

  #pathOf({ name }: Segment): string {
    return join(this.#state.folder, name)
  }

  /** Rejects a batch and everything behind it, so that callers can repeat the messages in the same order. */
  #rejectAll(batch: readonly Pending[], cause: unknown): void {
    const waiting = [...this.#pending]
    this.#pending.clear()
    for (const entry of [...batch, ...waiting])
      this.#settle(entry).reject(appendFailure(this.#state.folder, cause))
  }

  /** Takes a failed write back. The file is given up, because after a failed sync its state is not known. */
  async #undo(segment: Segment, bytes: number, messages: number): Promise<void> {
    const { segments } = this.#state
    if (await this.#erase(segment)) {
      segments.reserve(-bytes)
      await this.#seal()
      return
    }
    // The rejected records may be on the disk. Skip their numbers, so that no other messages ever have them.
    await this.#seal()
    const first = this.#state.next
    if (segment.bytes === 0) segments.add(segment)
    segment.bytes += bytes
    segment.isSealed = true
    segment.end = this.#state.next = first + messages
    for (let sequence = first; sequence < segment.end; sequence++) this.#state.acceptance.done(sequence)
    this.#state.onDone()
  }

  /** Removes what a failed write may have left in the file. @returns whether that is certain */
  async #erase(segment: Segment): Promise<boolean> {
    const { files, folder } = this.#state
    try {
      if (segment.bytes > 0) await this.#handle!.truncate(segment.bytes)
      else if (this.#handle !== undefined) {
        await files.unlink(this.#pathOf(segment))
        await syncFolder(files, folder)
      }
      return true
    } catch {
      return false
    }
  }

  /** Ends the active segment: the next message begins another one. Never throws. */
  async #seal(): Promise<void> {
    const { segments } = this.#state
    const handle = this.#handle
    this.#handle = undefined
    // Its messages are synced already, so an error here has no meaning.
    await handle?.close().catch(() => {})
    if (segments.active !== undefined) segments.active.isSealed = true
    this.#state.onDone()
    this.#ports.onStored()
  }

  /** Random and never 0, so that a file full of zeros has no marker. */
  #newMarker(): number {
    return this.#ports.random.bytes(4).readUInt32LE() || 1
  }
}
