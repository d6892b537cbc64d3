import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { systemCode } from './errors.js'
import type { Files } from './files.js'

/** What the cursor file keeps. */
export interface SavedCursor {
  /** All messages up to this number are done. */
  readonly cursor: number
  /** The highest number that was stored: what the log has less of it is lost. */
  readonly stored: number
}

export const CURSOR = 'cursor'
const TEMPORARY = 'cursor.new'
export const CURSOR_BYTES = 28
const MAGIC = Buffer.from('nemocur\x01')

/** Writes the cursor to a new file and renames it, so that a crash leaves the old cursor or the new one. */
export async function saveCursor(files: Files, folder: string, saved: SavedCursor): Promise<void> {
  const bytes = Buffer.alloc(CURSOR_BYTES)
  MAGIC.copy(bytes)
  bytes.writeBigUInt64LE(BigInt(saved.cursor), 8)
  bytes.writeBigUInt64LE(BigInt(saved.stored), 16)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24)
  const handle = await files.open(join(folder, TEMPORARY), 'w')
  try {
    await handle.writeFile(bytes)
    await handle.datasync()
  } finally {
    await handle.close()
  }
  await files.rename(join(folder, TEMPORARY), join(folder, CURSOR))
}

/** Reads the cursor. @returns `missing` if there is none, `broken` if it is damaged */
export async function loadCursor(files: Files, folder: string): Promise<SavedCursor | 'missing' | 'broken'> {
  let bytes: Buffer
  try {
    bytes = await files.readFile(join(folder, CURSOR))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'missing'
    throw error
  }
  if (bytes.length !== CURSOR_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return 'broken'
  if (bytes.readUInt32LE(24) !== crc32(bytes.subarray(0, 24))) return 'broken'
  const saved = { cursor: Number(bytes.readBigUInt64LE(8)), stored: Number(bytes.readBigUInt64LE(16)) }
  return Number.isSafeInteger(saved.cursor) && Number.isSafeInteger(saved.stored) ? saved : 'broken'
}
