import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Tells a process from all others, also from a later one that got the same number. */
export interface ProcessIdentity {
  readonly host: string
  readonly pid: number
  /** When the process started, in ticks since the boot of the machine; empty where the system does not tell. */
  readonly started: string
}

/** Identifies this process. */
export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, started: startOf(process.pid) ?? '' }
}

/** Whether a process of this machine is running. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  if (started !== '' && process.platform === 'linux') return startOf(pid) === started
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // The process of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function startOf(pid: number): string | undefined {
  try {
    // The name of the program is in parentheses and may contain anything; field 22 is the 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
