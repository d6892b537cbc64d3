import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.js'
import type { KeyStore, SeenKeys } from './seen-keys.js'

/** The file is written again without forgotten keys when it has this many lines more than there are keys. */
const SURPLUS = 10_000

/** An opened store, with the keys that it remembers. */
export interface OpenedKeyStore {
  readonly known: readonly (readonly [string, number])[]
  /** Makes the store over the keys that are remembered. */
  over(seen: SeenKeys): KeyStore
}

/**
 * Opens the keys in a folder. Each line of the file is a key and when it was accepted; a line that was cut off by a
 * crash is skipped.
 * @throws Error of the file system
 */
export async function openKeyStore(folder: string, windowMs: number, clock: Clock): Promise<OpenedKeyStore> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'keys')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const oldest = clock.now() - windowMs
  const known = text.split('\n').flatMap((line) => readLine(line) ?? [])
  const fresh = known.filter(([, at]) => at > oldest)
  const handle = await rewrite(path, fresh)
  return { known: fresh, over: (seen) => new KeyFile(path, handle, fresh.length, seen) }
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

/** Replaces the file in one step. @returns the new file, open for appending */
async function rewrite(path: string, keys: Iterable<readonly [string, number]>): Promise<FileHandle> {
  const next = `${path}.next`
  const handle = await open(next, 'w')
  let text = ''
  for (const [key, at] of keys) text += lineOf(key, at)
  await handle.writeFile(text)
  await handle.datasync()
  await rename(next, path)
  return handle
}

/** Appends keys in groups: one write and one sync for all that were added meanwhile. */
class KeyFile implements KeyStore {
  readonly #path: string
  readonly #seen: SeenKeys
  #handle: FileHandle
  #lines: number
  #text = ''
  #added: (() => void)[] = []
  #writing: Promise<void> | undefined

  constructor(path: string, handle: FileHandle, lines: number, seen: SeenKeys) {
    this.#path = path
    this.#handle = handle
    this.#lines = lines
    this.#seen = seen
  }

  add(key: string, at: number): Promise<void> {
    this.#text += lineOf(key, at)
    this.#lines++
    return new Promise((resolve) => {
      this.#added.push(resolve)
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined
      })
    })
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#handle.close().catch(() => {})
  }

  async #write(): Promise<void> {
    while (this.#added.length > 0) {
      const added = this.#added
      const text = this.#text
      this.#added = []
      this.#text = ''
      try {
        if (this.#lines > this.#seen.known.size + SURPLUS) await this.#shorten()
        await this.#handle.appendFile(text)
        await this.#handle.datasync()
      } catch {
        // The key is remembered in memory; after a crash its message may be delivered again.
      }
      for (const resolve of added) resolve()
    }
  }

  async #shorten(): Promise<void> {
    const earlier = this.#handle
    this.#handle = await rewrite(this.#path, this.#seen.known)
    this.#lines = this.#seen.known.size
    await earlier.close()
  }
}
