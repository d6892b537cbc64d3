import { readFileSync } from 'node:fs'

/** Reads the CPU time of the calling process's main thread so far, in µs. */
export type CpuMeter = () => number

/**
 * A meter of the main thread's CPU time, or `undefined` where there is none: the kernel's accounting on Linux,
 * else `process.threadCpuUsage()` (Node >= 23.9), which must then be called on the main thread.
 */
export function hostCpuMeter(
  file = `/proc/self/task/${process.pid}/schedstat`,
  usage: (() => NodeJS.CpuUsage) | null = (process as { threadCpuUsage?: () => NodeJS.CpuUsage })
    .threadCpuUsage ?? null,
): CpuMeter | undefined {
  try {
    readSchedstat(file)
    return () => readSchedstat(file)
  } catch {
    if (usage === null) return undefined
    return () => {
      const { user, system } = usage.call(process)
      return user + system
    }
  }
}

/** The first field of schedstat is the time spent on a CPU, in ns. */
function readSchedstat(file: string): number {
  const ns = Number(readFileSync(file, 'utf8').split(' ')[0])
  if (!Number.isFinite(ns)) throw new Error(`${file} does not start with a number`)
  return ns / 1_000
}

/** CPU time of the whole process, in µs. */
export function processCpu(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}
