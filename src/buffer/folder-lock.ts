import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Clock, every, sleep, type Timer } from '../core/clock.js'
import { inUse, systemCode } from './errors.js'
import { type FileIdentity, type Files, leadsTo } from './files.js'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js'

/** The holder touches its lock file this often, … */
const TOUCH_MS = 5_000
/** … and a lock of another machine or container that was not touched for so long is stale. */
const STALE_MS = 30_000
/** How long another gateway may take between the creation of its lock file and its content. */
const UNWRITTEN_MS = 200
const TRIES = 10
const NUMBER = /^\d{1,15}$/

interface Holder extends ProcessIdentity {
  readonly owner: string
}

/**
 * Gives one buffer at a time a folder. Each holder has a file with its own number: a holder is followed by one
 * that creates the next number, which only one can. A released lock stays as a file, so numbers never start again.
 */
export class FolderLock {
  readonly #files: Files
  readonly #path: string
  readonly #handle: FileHandle
  readonly #identity: FileIdentity
  readonly #touching: Timer

  private constructor(files: Files, path: string, handle: FileHandle, identity: FileIdentity, clock: Clock) {
    this.#files = files
    this.#path = path
    this.#handle = handle
    this.#identity = identity
    const touch = () => {
      const now = new Date(clock.now())
      handle.utimes(now, now).catch(() => {})
    }
    this.#touching = every(clock, TOUCH_MS, touch, { background: true })
  }

  /**
   * Locks a folder. Takes over the lock of a process that has ended.
   * @param owner who locks it, in words
   * @param name the first part of the names of lock files: locks with different names do not exclude each other
   * @throws ConfigError if another process, or another thread of this process, has it
   */
  static async acquire(
    files: Files,
    folder: string,
    clock: Clock,
    owner: string,
    name = 'lock',
  ): Promise<FolderLock> {
    const place = join(folder, name)
    for (let tries = 0; tries < TRIES; tries++) {
      const newest = (await lockNumbers(files, place)).at(-1) ?? 0
      const holder = newest === 0 ? undefined : await liveHolder(files, lockPath(place, newest), clock)
      if (holder !== undefined) throw inUse(folder, holder)
      const handle = await create(files, place, newest + 1, owner)
      if (handle === undefined) continue
      return new FolderLock(files, lockPath(place, newest + 1), handle, await handle.stat(), clock)
    }
    throw inUse(folder, 'another gateway, which is starting')
  }

  /** Whether the folder still contains the lock: not if it was removed or replaced. @throws Error of the file system */
  isInPlace(): Promise<boolean> {
    return leadsTo(this.#files, this.#path, this.#identity)
  }

  /** Releases the folder. Never throws; idempotent. */
  async release(): Promise<void> {
    this.#touching.cancel()
    await this.#handle.truncate(0).catch(() => {})
    await this.#handle.write(RELEASED, 0).catch(() => {})
    await this.#handle.close().catch(() => {})
  }
}

const RELEASED = '{}\n'

const lockPath = (place: string, number: number) => `${place}.${number}`

/** @param place the path of the lock files without their numbers */
async function lockNumbers(files: Files, place: string): Promise<number[]> {
  const start = `${basename(place)}.`
  const names = (await files.readdir(dirname(place))).filter((name) => name.startsWith(start))
  const numbers = names.map((name) => name.slice(start.length)).filter((text) => NUMBER.test(text))
  return numbers.map(Number).sort((a, b) => a - b)
}

/** Creates the lock file of a number. @returns `undefined` if somebody else was faster */
async function create(
  files: Files,
  place: string,
  number: number,
  owner: string,
): Promise<FileHandle | undefined> {
  const path = lockPath(place, number)
  let handle: FileHandle
  try {
    handle = await files.open(path, 'wx+')
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined
    throw error
  }
  try {
    const holder: Holder = { ...ownIdentity(), owner }
    await handle.write(`${JSON.stringify(holder)}\n`, 0)
    // Somebody may have created this number, been followed by the next one, and removed this one, since we looked.
    const numbers = await lockNumbers(files, place)
    if (numbers.at(-1) === number) {
      for (const earlier of numbers.slice(0, -1)) await files.unlink(lockPath(place, earlier)).catch(() => {})
      return handle
    }
    await files.unlink(path).catch(() => {})
  } catch (error) {
    await handle.close().catch(() => {})
    throw error
  }
  await handle.close().catch(() => {})
  return undefined
}

/** Who holds a lock, in words; `undefined` if it is released or its holder has ended. */
async function liveHolder(files: Files, path: string, clock: Clock): Promise<string | undefined> {
  let text: string
  try {
    text = await files.readFile(path, 'utf8')
    if (text === '') {
      await sleep(clock, UNWRITTEN_MS)
      text = await files.readFile(path, 'utf8')
    }
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  const holder = readHolder(text)
  if (holder === undefined) return undefined
  const own = ownIdentity()
  const name = `${holder.owner} (process ${holder.pid} on ${holder.host})`
  if (holder.host !== own.host) {
    const { mtimeMs } = await files.stat(path)
    return clock.now() - mtimeMs > STALE_MS ? undefined : `${name}; remove ${path} if that does not run`
  }
  if (holder.pid === own.pid && holder.started === own.started)
    return (await isOpenHere(files, path)) ? `${name}, this process` : undefined
  return isRunning(holder) ? name : undefined
}

function readHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder>
    const { host, pid, started, owner } = value
    const isComplete = [host, started, owner].every((each) => typeof each === 'string')
    return isComplete && typeof pid === 'number' ? (value as Holder) : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a thread of this process has the lock file open. Node closes the files of a thread that has ended, so the
 * lock of an actor that died is free. Where the system does not list open files, it counts as free.
 */
async function isOpenHere(files: Files, path: string): Promise<boolean> {
  const list = '/proc/self/fd'
  try {
    const { ino, dev } = await files.stat(path)
    for (const name of await files.readdir(list)) {
      const open = await files.stat(join(list, name)).catch(() => undefined)
      if (open?.ino === ino && open.dev === dev) return true
    }
    return false
  } catch {
    return false
  }
}
