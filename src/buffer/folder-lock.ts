import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, every, sleep, type Timer } from '../core/clock.js'
import { inUse, systemCode } from './errors.js'
import type { Files } from './files.js'
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js'

/** The holder touches its lock file this often, … */
const TOUCH_MS = 5_000
/** … and a lock of another machine or container that was not touched for so long is stale. */
const STALE_MS = 30_000
/** How long another gateway may take between the creation of its lock file and its content. */
const UNWRITTEN_MS = 200
const TRIES = 10
const NAME = /^lock\.(\d{1,15})$/

interface Holder extends ProcessIdentity {
  readonly owner: string
}

/**
 * Gives one buffer at a time a folder. Each holder has a file with its own number: a holder is followed by one
 * that creates the next number, which only one can. A released lock stays as a file, so numbers never start again.
 */
export class FolderLock {
  readonly #handle: FileHandle
  readonly #touching: Timer

  private constructor(handle: FileHandle, clock: Clock) {
    this.#handle = handle
    const touch = () => {
      const now = new Date(clock.now())
      handle.utimes(now, now).catch(() => {})
    }
    this.#touching = every(clock, TOUCH_MS, touch, { background: true })
  }

  /**
   * Locks a folder. Takes over the lock of a process that has ended.
   * @param owner who locks it, in words
   * @throws ConfigError if another process, or another thread of this process, has it
   */
  static async acquire(files: Files, folder: string, clock: Clock, owner: string): Promise<FolderLock> {
    for (let tries = 0; tries < TRIES; tries++) {
      const newest = (await lockNumbers(files, folder)).at(-1) ?? 0
      const holder = newest === 0 ? undefined : await liveHolder(files, folder, newest, clock)
      if (holder !== undefined) throw inUse(folder, holder)
      const handle = await create(files, folder, newest + 1, owner)
      if (handle !== undefined) return new FolderLock(handle, clock)
    }
    throw inUse(folder, 'another gateway, which is starting')
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

async function lockNumbers(files: Files, folder: string): Promise<number[]> {
  const names = await files.readdir(folder)
  return names.flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b)
}

/** Creates the lock file of a number. @returns `undefined` if somebody else was faster */
async function create(
  files: Files,
  folder: string,
  number: number,
  owner: string,
): Promise<FileHandle | undefined> {
  const path = join(folder, `lock.${number}`)
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
    const numbers = await lockNumbers(files, folder)
    if (numbers.at(-1) === number) {
      for (const earlier of numbers.slice(0, -1))
        await files.unlink(join(folder, `lock.${earlier}`)).catch(() => {})
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
async function liveHolder(
  files: Files,
  folder: string,
  number: number,
  clock: Clock,
): Promise<string | undefined> {
  const path = join(folder, `lock.${number}`)
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
