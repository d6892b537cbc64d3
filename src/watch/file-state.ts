import { type BigIntStats, readdirSync, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { isConfigurationName } from '../core/configuration-name.js'

/** The state of a file that does not exist, or cannot be reached. */
export const MISSING = ''
/** The state of every empty file. */
export const EMPTY = 'empty'

/**
 * Tells the states of a file apart: it was written, replaced, or a symbolic link on its way leads elsewhere. Of a folder,
 * only its `*.hcl` files count.
 */
export async function stateOf(path: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true })
    return found.isDirectory() ? stateOfFolder(await readdir(path)) : stateOfFile(found)
  } catch {
    return MISSING
  }
}

/** Like `stateOf`, at once. */
export function stateNow(path: string): string {
  try {
    const found = statSync(path, { bigint: true })
    return found.isDirectory() ? stateOfFolder(readdirSync(path)) : stateOfFile(found)
  } catch {
    return MISSING
  }
}

function stateOfFile(found: BigIntStats): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = found
  if (size === 0n && found.isFile()) return EMPTY
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
}

function stateOfFolder(names: readonly string[]): string {
  return JSON.stringify(names.filter(isConfigurationName).sort())
}
