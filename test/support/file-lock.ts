import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { waitFor } from './wait-for.js'

/**
 * Runs `task` while no other process holds the lock at `path`. The lock of a process that died is taken over.
 * @throws what `task` throws, or Error when the lock is not had in `timeoutMs`.
 */
export async function withFileLock<T>(path: string, task: () => Promise<T>, timeoutMs = 300_000): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  await waitFor(() => take(path), { what: `the lock ${path}`, timeoutMs, everyMs: 100 })
  try {
    return await task()
  } finally {
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = Number(await readFile(path, 'utf8').catch(() => ''))
  if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
  return false
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
