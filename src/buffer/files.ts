import * as promises from 'node:fs/promises'

/** The functions of `node:fs/promises` that a buffer uses. */
export type Files = Pick<
  typeof promises,
  'mkdir' | 'open' | 'readdir' | 'readFile' | 'readlink' | 'rename' | 'stat' | 'unlink'
>

/** The file system of the machine. */
export const systemFiles: Files = promises

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
