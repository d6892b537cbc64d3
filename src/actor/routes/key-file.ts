import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { openFailure } from '../../buffer/errors.js'
import {
  type FileIdentity,
  type Files,
  leadsTo,
  makeFolder,
  syncFolder,
  systemFiles,
} from '../../buffer/files.js'
import { FolderLock } from '../../buffer/folder-lock.js'
import type { Clock } from '../../core/clock.js'
import { ConfigError } from '../../core/errors/config.js'
import type { KeyStore, SeenKeys } from './seen-keys.js'

/** The file is written again without forgotten keys when it has this many lines more than there are keys. */
const SURPLUS = 10_000
/** The shortest time between two reports of faults. */
const REPORT_EVERY_MS = 10_000
/** After a failed write, all keys are written again; that takes long if there are many. */
const RETRY_AFTER_MS = 1_000
/** The folder may be that of a buffer, which has a lock too. */
const LOCK = 'keys-lock'

export interface KeyFileOptions {
  readonly folder: string
  readonly windowMs: number
  readonly clock: Clock
  /** Who uses the folder, in words. */
  readonly owner: string
  /** Reports keys that are not on the disk. Must not throw. */
  readonly onFault: (reason: string) => void
  /** The file system. Default: that of the machine. */
  readonly files?: Files
}

/** An opened store, with the keys that it remembers. */
export interface OpenedKeyStore {
  readonly known: readonly (readonly [string, number])[]
  /** Makes the store over the keys that are remembered. */
  over(seen: SeenKeys): KeyStore
}

/**
 * Opens the keys in a folder. Each line of the file is a key and when it was accepted; a line that was cut off by a
 * crash is skipped.
 * @throws ConfigError if the folder cannot be used, or another route uses it
 */
export async function openKeyStore(options: KeyFileOptions): Promise<OpenedKeyStore> {
  const { folder, clock, owner, files = systemFiles } = options
  try {
    await makeFolder(files, folder)
    const lock = await FolderLock.acquire(files, folder, clock, owner, LOCK)
    return await openLocked(options, files, lock).catch(async (error: unknown) => {
      await lock.release()
      throw error
    })
  } catch (error) {
    throw error instanceof ConfigError ? error : openFailure(folder, error, 'the keys of idempotency')
  }
}

async function openLocked(options: KeyFileOptions, files: Files, lock: FolderLock): Promise<OpenedKeyStore> {
  const { folder, windowMs, clock } = options
  const text = await files.readFile(join(folder, 'keys'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const oldest = clock.now() - windowMs
  const known = text.split('\n').flatMap((line) => readLine(line) ?? [])
  const fresh = known.filter(([, at]) => at > oldest)
  const written = await write(files, folder, fresh)
  return { known: fresh, over: (seen) => new KeyFile(options, lock, written, fresh.length, seen) }
}

function readLine(line: string): [string, number][] | undefined {
  try {
    const [key, at] = JSON.parse(line) as unknown[]
    return typeof key === 'string' && typeof at === 'number' ? [[key, at]] : undefined
  } catch {
    return undefined
  }
}

const lineOf = (key: string, at: number) => `${JSON.stringify([key, at])}\n`

interface Written extends FileIdentity {
  readonly path: string
  /** Open for appending. */
  readonly handle: FileHandle
}

/** Replaces the file in one step. */
async function write(
  files: Files,
  folder: string,
  keys: Iterable<readonly [string, number]>,
): Promise<Written> {
  const path = join(folder, 'keys')
  const next = `${path}.next`
  const handle = await files.open(next, 'w')
  try {
    let text = ''
    for (const [key, at] of keys) text += lineOf(key, at)
    await handle.writeFile(text)
    await handle.datasync()
    await files.rename(next, path)
    await syncFolder(files, folder)
    const { dev, ino } = await handle.stat()
    return { path, handle, dev, ino }
  } catch (error) {
    await handle.close().catch(() => {})
    throw error
  }
}

/** Appends keys in groups: one write and one sync for all that were added meanwhile. */
class KeyFile implements KeyStore {
  readonly #options: KeyFileOptions
  readonly #files: Files
  readonly #lock: FolderLock
  readonly #seen: SeenKeys
  #file: Written
  #lines: number
  #text = ''
  #added: (() => void)[] = []
  #writing: Promise<void> | undefined
  /** Whether the file may lack keys, or end within a line. */
  #isBroken = false
  #failedAt = Number.NEGATIVE_INFINITY
  #reportedAt = Number.NEGATIVE_INFINITY

  constructor(options: KeyFileOptions, lock: FolderLock, file: Written, lines: number, seen: SeenKeys) {
    this.#options = options
    this.#files = options.files ?? systemFiles
    this.#lock = lock
    this.#file = file
    this.#lines = lines
    this.#seen = seen
  }

  add(key: string, at: number): Promise<void> {
    this.#text += lineOf(key, at)
    this.#lines++
    return new Promise((resolve) => {
      this.#added.push(resolve)
      this.#writing ??= this.#writeAll()
    })
  }

  async close(): Promise<void> {
    await this.#writing
    if (this.#isBroken) await this.#writeAgain().catch(() => {})
    await this.#file.handle.close().catch(() => {})
    await this.#lock.release()
  }

  async #writeAll(): Promise<void> {
    while (this.#added.length > 0) {
      const added = this.#added
      const text = this.#text
      this.#added = []
      this.#text = ''
      try {
        await this.#write(text)
      } catch (error) {
        // The keys are remembered in memory; after a crash their messages may be delivered again.
        this.#isBroken = true
        this.#failedAt = this.#options.clock.monotonic()
        this.#report(error as Error)
      }
      for (const resolve of added) resolve()
    }
    // In the same turn as the check, so that a key that is added next begins another run.
    this.#writing = undefined
  }

  async #write(text: string): Promise<void> {
    const isSoon = this.#options.clock.monotonic() - this.#failedAt < RETRY_AFTER_MS
    if (this.#isBroken && isSoon) return
    if (this.#isBroken || this.#lines > this.#seen.known.size + SURPLUS) return this.#writeAgain()
    const { handle, path } = this.#file
    await handle.appendFile(text)
    await handle.datasync()
    // The folder may have been removed, and a file without a name accepts writes.
    if (!(await leadsTo(this.#files, path, this.#file))) await this.#writeAgain()
  }

  /** Writes all keys to a new file, with those that were added just now. */
  async #writeAgain(): Promise<void> {
    const { folder } = this.#options
    await makeFolder(this.#files, folder)
    const { handle } = this.#file
    this.#file = await write(this.#files, folder, this.#seen.known)
    this.#lines = this.#seen.known.size
    this.#isBroken = false
    await handle.close().catch(() => {})
  }

  #report({ message }: Error): void {
    const { clock, onFault } = this.#options
    if (clock.monotonic() - this.#reportedAt < REPORT_EVERY_MS) return
    this.#reportedAt = clock.monotonic()
    onFault(`cannot write the keys in ${this.#options.folder}: ${message}`)
  }
}
