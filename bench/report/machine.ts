import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'

/** The machine, as far as it explains figures: nothing that names it or its owner. */
export interface Machine {
  readonly node: string
  readonly v8: string
  readonly platform: string
  readonly kernel: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
}

export function machine(): Machine {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${platform()} ${arch()}`,
    kernel: release().split('-')[0]!,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
  }
}
