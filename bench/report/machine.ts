import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os'

/** The machine, as far as it explains figures: nothing that names it or its owner. */
export interface Machine {
  readonly node: string
  readonly v8: string
  readonly platform: string
  readonly kernel: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  /** Threads that wanted to run before the benchmark began, over the last minute. Times say little when it is not near 0. */
  readonly loadBefore: number
}

/** The machine as it is now: to be asked before anything is measured. */
export function machine(): Machine {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${platform()} ${arch()}`,
    kernel: release().split('-')[0]!,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadBefore: loadavg()[0] ?? 0,
  }
}

/** A warning when others use the machine; `undefined` when it is quiet enough. */
export function busyWarning({
  loadBefore,
  cores,
}: Pick<Machine, 'loadBefore' | 'cores'>): string | undefined {
  if (loadBefore < cores / 4) return undefined
  return `the machine is busy (load ${loadBefore.toFixed(1)} on ${cores} cores): do not quote what follows, least of all times`
}
