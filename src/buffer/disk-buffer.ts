import { every, type Timer } from '../core/clock.js'
import { ConfigError } from '../core/errors/config.js'
import { IntegrationError } from '../core/errors/integration-error.js'
import { Acceptance } from './acceptance.js'
import { CURSOR_BYTES } from './cursor-file.js'
import { CursorSaver } from './cursor-saver.js'
import { type DiskBufferOptions, SMALLEST_BUFFER } from './disk-buffer-options.js'
import { inUse, openFailure } from './errors.js'
import { makeFolder, systemFiles } from './files.js'
import { FolderLock } from './folder-lock.js'
import { LogReader } from './log-reader.js'
import type { LogState } from './log-state.js'
import { LogWriter } from './log-writer.js'
import type {
  BufferedMessage,
  BufferFigures,
  MessageBuffer,
  ReadCredit,
  StoredMessage,
} from './message-buffer.js'
import { type Recovered, recover } from './recovery.js'
import { type Segment, segmentOfName } from './segment.js'
import { SegmentList } from './segment-list.js'

/** Kept free of `maxBytes` for the cursor, its successor and the lock. */
const RESERVED_BYTES = 4_096
const LARGEST_SEGMENT = 8 * 1024 ** 2
const SEGMENTS = 16
const RETRY_MS = 1_000
const MOST_FREQUENT_EXPIRY_MS = 100
const LEAST_FREQUENT_EXPIRY_MS = 10_000

/**
 * Opens a buffer in a folder, and recovers what an earlier process left there.
 * @throws ConfigError with a `code` (`BufferErrorCode`) if the folder cannot be used or an option is wrong
 */
export async function openDiskBuffer(options: DiskBufferOptions): Promise<MessageBuffer> {
  const { folder, maxBytes, files = systemFiles } = options
  if (!(maxBytes >= SMALLEST_BUFFER))
    throw new ConfigError(`max_bytes must be at least ${SMALLEST_BUFFER}, found ${maxBytes}`)
  let lock: FolderLock | undefined
  try {
    await makeFolder(files, folder)
    lock = await FolderLock.acquire(files, folder, options.clock, options.owner)
    return new DiskBuffer(options, lock, await recover(files, folder, options.onFault))
  } catch (error) {
    await lock?.release()
    throw error instanceof IntegrationError ? error : openFailure(folder, error)
  }
}

class DiskBuffer implements MessageBuffer {
  readonly isDurable = true
  readonly holdsOnlyCopies = false
  readonly #state: LogState
  readonly #writer: LogWriter
  readonly #reader: LogReader
  readonly #saver: CursorSaver
  readonly #options: DiskBufferOptions
  #lock: FolderLock
  readonly #lostAtOpen: number
  readonly #expiring: Timer | undefined
  #retrying: Timer | undefined
  #closing: Promise<void> | undefined

  constructor(options: DiskBufferOptions, lock: FolderLock, recovered: Recovered) {
    const { folder, clock, maxBytes, maxAgeMs = Number.POSITIVE_INFINITY, files = systemFiles } = options
    const limit = maxBytes - RESERVED_BYTES
    const removed = (error: unknown, { name }: Segment) => {
      if (error === undefined) return this.#madeRoom()
      const reason = `cannot remove the file: ${(error as Error).message}`
      options.onFault({ kind: 'io', file: name, messages: 0, reason })
      this.#retryLater()
    }
    // Without a segment, only the cursor on the disk tells that the messages are done and not lost.
    const segments = new SegmentList(files, folder, recovered.segments, removed, () => this.#saver.flush())
    this.#state = {
      files,
      clock,
      folder,
      segments,
      acceptance: new Acceptance(recovered.cursor),
      report: options.onFault,
      onDone: () => this.#onDone(),
      next: recovered.next,
    }
    this.#options = options
    this.#lock = lock
    this.#lostAtOpen = recovered.lost
    this.#saver = new CursorSaver(this.#state)
    this.#reader = new LogReader(this.#state, maxAgeMs)
    this.#writer = new LogWriter(
      this.#state,
      {
        bytes: limit,
        segmentBytes: options.segmentBytes ?? Math.min(LARGEST_SEGMENT, Math.floor(limit / SEGMENTS)),
        whenFull: options.whenFull,
      },
      {
        random: options.random,
        onStored: () => this.#reader.poke(),
        dropHead: () => this.#reader.dropHead(),
        secureFolder: () => this.#secureFolder(),
      },
    )
    if (maxAgeMs !== Number.POSITIVE_INFINITY) {
      const period = Math.min(Math.max(maxAgeMs / 8, MOST_FREQUENT_EXPIRY_MS), LEAST_FREQUENT_EXPIRY_MS)
      this.#expiring = every(clock, period, () => this.#reader.expire(), { background: true })
    }
    this.#onDone()
    this.#reader.poke()
  }

  append(message: BufferedMessage): Promise<number | undefined> {
    return this.#writer.append(message)
  }

  read(credit: ReadCredit): Promise<readonly StoredMessage[]> {
    return this.#reader.read(credit)
  }

  accepted(sequence: number): void {
    const before = this.#state.acceptance.cursor
    if (this.#reader.accepted(sequence) && this.#state.acceptance.cursor !== before) this.#onDone()
  }

  rewind(): void {
    this.#reader.rewind()
  }

  flushed(): Promise<void> {
    return this.#writer.flushed()
  }

  figures(): BufferFigures {
    const { acceptance, next, segments } = this.#state
    return {
      messages: next - 1 - acceptance.cursor - acceptance.ahead,
      bytes: segments.bytes + CURSOR_BYTES,
      oldest: this.#reader.oldest,
      pendingMessages: this.#writer.pendingMessages,
      pendingBytes: this.#writer.pendingBytes,
      dropped: this.#writer.dropped + this.#reader.dropped,
      expired: this.#reader.expired,
      unreadable: this.#reader.unreadable + this.#lostAtOpen,
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#writer.close()
    this.#expiring?.cancel()
    this.#retrying?.cancel()
    await this.#reader.close()
    await this.#state.segments.settled()
    await this.#saver.close()
    await this.#lock.release()
  }

  /** Makes and locks the folder again if it was removed or replaced. */
  async #secureFolder(): Promise<void> {
    if (await this.#lock.isInPlace()) return
    const { folder, clock, owner, files = systemFiles } = this.#options
    await makeFolder(files, folder)
    const lock = await FolderLock.acquire(files, folder, clock, owner)
    const foreign = (await files.readdir(folder)).find(
      (name) => segmentOfName(name) !== undefined && !this.#state.segments.owns(name),
    )
    if (foreign !== undefined) {
      await lock.release()
      throw inUse(folder, `another buffer, whose file is ${foreign}`)
    }
    await this.#lock.release()
    this.#lock = lock
    const reason = 'the folder was removed or replaced; it was made again, without the messages that it held'
    this.#state.report({ kind: 'folder-lost', file: '', messages: 0, reason })
  }

  /** Forgets what is done. */
  #onDone(): void {
    const { segments, acceptance, next } = this.#state
    segments.removeUpTo(acceptance.cursor)
    this.#saver.moved()
    // A full buffer whose messages are all done can drop its active segment too.
    if (acceptance.cursor === next - 1) this.#madeRoom()
  }

  #madeRoom(): void {
    // The reader closes the file, which frees its bytes on the disk.
    this.#reader.poke()
    this.#writer.pump()
  }

  #retryLater(): void {
    if (this.#closing !== undefined) return
    this.#retrying?.cancel()
    this.#retrying = this.#state.clock.setTimer(RETRY_MS, () => this.#state.segments.retry(), {
      background: true,
    })
  }
}
