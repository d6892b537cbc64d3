import type { FileHandle } from 'node:fs/promises'
import * as promises from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from './errors.js'

/** The functions of `node:fs/promises` that a buffer uses. */
export type Files = Pick<
  typeof promises,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'readlink' | 'rename' | 'stat' | 'unlink'
>

/** The file system of the machine. */
export const systemFiles: Files = promises

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never ends where the system reports a folder as
 * missing although the one above it exists, as under `/proc`, and occupies a thread of the process with that.
 * @throws Error of the file system
 */
export async function makeFolder(files: Pick<Files, 'mkdir' | 'stat'>, folder: string): Promise<void> {
  try {
    await files.mkdir(folder)
  } catch (error) {
    const above = dirname(folder)
    if (systemCode(error) === 'ENOENT' && above !== folder) {
      await makeFolder(files, above)
      await ignoreExisting(files, folder, files.mkdir(folder))
    } else await ignoreExisting(files, folder, Promise.reject(error))
  }
}

/** Waits until a folder has been made. Another thread may have made it at the same time. */
async function ignoreExisting(
  files: Pick<Files, 'stat'>,
  folder: string,
  made: Promise<unknown>,
): Promise<void> {
  try {
    await made
  } catch (error) {
    const isThere = await files.stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (!isThere) throw error
  }
}

/** Which file a handle has open, or a path leads to. */
export interface FileIdentity {
  readonly dev: number
  readonly ino: number
}

/** Whether a path still leads to this file: not if the file, or a folder above it, was removed or replaced. */
export async function leadsTo(files: Files, path: string, file: FileIdentity): Promise<boolean> {
  try {
    const { dev, ino } = await files.stat(path)
    return dev === file.dev && ino === file.ino
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return false
    throw error
  }
}

/** Makes new and removed names in a folder safe. Windows cannot sync a folder and does not need it. */
export async function syncFolder(files: Files, folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await files.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A write may take less than all, for example just before the disk is full. */
export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
    at += bytesWritten
  }
}
