import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'

/** The largest file that is read, in bytes. */
export const LARGEST_FILE = 16 * 1024 * 1024

/** Opening a named pipe waits for its other end without this flag. Windows has neither. */
const OPEN = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)

/** Why a path is not read. */
export class UnfitFile extends Error {
  /** The reason in words, where errors of the system have their code. */
  readonly code: string

  constructor(reason: string) {
    super(reason)
    this.code = reason
  }
}

export interface ReadLimits {
  /** The largest file in bytes. Default: `LARGEST_FILE`. */
  readonly most?: number
}

export interface ReadNowLimits extends ReadLimits {
  /** Whether a pipe is read to its end, however long that takes. */
  readonly acceptsPipe?: boolean
}

/**
 * Reads a file. Refuses pipes, sockets and devices, because reading them may never end. Counts what it reads, because a
 * file may grow, and those of `/proc` have no size.
 * @throws UnfitFile; the error of the system
 */
export async function readRegularFile(path: string, limits: ReadLimits = {}): Promise<Buffer> {
  // Opening a device may have an effect.
  checkKind(await stat(path))
  const file = await open(path, OPEN)
  try {
    const found = await file.stat()
    checkKind(found)
    const content = new Content(found.size, limits)
    for (;;) {
      const { bytesRead } = await file.read(content.room())
      if (bytesRead === 0) return content.bytes()
      content.add(bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Like `readRegularFile`, at once. */
export function readRegularFileNow(path: string, limits: ReadNowLimits = {}): Buffer {
  const before = statSync(path)
  checkKind(before, limits)
  const descriptor = openSync(path, before.isFIFO() ? constants.O_RDONLY : OPEN)
  try {
    // The path may lead elsewhere by now.
    const found = fstatSync(descriptor)
    checkKind(found, limits)
    const content = new Content(found.size, limits)
    for (;;) {
      const count = readSync(descriptor, content.room())
      if (count === 0) return content.bytes()
      content.add(count)
    }
  } finally {
    closeSync(descriptor)
  }
}

/** @throws UnfitFile */
function checkKind(found: Stats, { acceptsPipe = false }: ReadNowLimits = {}): void {
  if (found.isFile() || (acceptsPipe && found.isFIFO())) return
  throw new UnfitFile(`expected a file, found a ${kindOf(found)}`)
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'folder'
  if (found.isFIFO()) return 'pipe'
  return found.isSocket() ? 'socket' : 'device'
}

const SMALLEST_ROOM = 1024

/** What has been read of a file. */
class Content {
  readonly #most: number
  #buffer: Buffer<ArrayBuffer>
  #length = 0

  /** @param size the size of the file, if it has one */
  constructor(size: number, { most = LARGEST_FILE }: ReadLimits) {
    this.#most = most
    // One more, so that the end of the file is found without more room. Not from the pool, because it may be transferred.
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(Math.max(size, SMALLEST_ROOM), most) + 1)
  }

  /** The part of the buffer for what is read next; never empty. */
  room(): Buffer {
    if (this.#length === this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(2 * this.#length, this.#most + 1))
      this.#buffer.copy(larger)
      this.#buffer = larger
    }
    return this.#buffer.subarray(this.#length)
  }

  /** @throws UnfitFile if it is too much */
  add(count: number): void {
    this.#length += count
    if (this.#length > this.#most) throw new UnfitFile(`the file exceeds the limit of ${this.#most} bytes`)
  }

  bytes(): Buffer {
    return Buffer.from(this.#buffer.buffer.slice(0, this.#length))
  }
}
