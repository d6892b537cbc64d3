import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Figures } from './figures.js'
import { hostCpuMeter, processCpu } from './host-cpu.js'
import { quantile } from './statistics.js'

/** Load that runs by itself, and what it has done so far. */
export interface Running {
  /** Messages, or calls, completed since the start. */
  readonly count: () => number
  /** Latencies in µs of what was completed since the last call. */
  readonly takeLatencies?: () => readonly number[]
  /** Ends the load; resolves when it is quiet, so that the next side is not disturbed. */
  stop(): Promise<void>
}

/** ms; finer than the delays to be seen, coarse enough to cost little. */
const DELAY_RESOLUTION = 2
/** ms; less than this is none, and two that are none are the same. */
const LEAST_DELAY = 0.05

/** CPU time, throughput and latency of running load, over `ms` milliseconds. */
export async function measureWindow(running: Running, ms: number): Promise<Figures> {
  const hostCpu = hostCpuMeter()
  running.takeLatencies?.()
  const [host, whole, count, time] = [hostCpu?.(), processCpu(), running.count(), performance.now()]
  await sleep(ms)
  const [host2, whole2, count2, time2] = [hostCpu?.(), processCpu(), running.count(), performance.now()]
  const messages = count2 - count
  if (messages === 0) throw new Error(`nothing was completed in ${ms} ms`)
  const latency = quantile(running.takeLatencies?.() ?? [], 0.5)
  return {
    ...(host === undefined || host2 === undefined ? {} : { hostMicros: (host2 - host) / messages }),
    processMicros: (whole2 - whole) / messages,
    perSecond: (messages / (time2 - time)) * 1_000,
    ...(latency === undefined ? {} : { latencyMicros: latency }),
  }
}

/**
 * The delay of this thread's event loop over `ms` milliseconds. What the histogram holds are the times from one
 * tick of its timer to the next, so that an idle loop reads as the timer's own interval: that is no delay.
 */
export async function measureLoopDelay(ms: number): Promise<Figures> {
  const histogram = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION })
  histogram.enable()
  await sleep(ms)
  histogram.disable()
  return { loopDelayMs: Math.max(LEAST_DELAY, histogram.percentile(99) / 1e6 - DELAY_RESOLUTION) }
}

/** CPU time of the host thread while nothing is asked of it, in percent of a core. */
export async function measureIdle(ms: number): Promise<Figures> {
  const hostCpu = hostCpuMeter()
  if (hostCpu === undefined) return {}
  const [cpu, time] = [hostCpu(), performance.now()]
  await sleep(ms)
  return { hostPercent: ((hostCpu() - cpu) / 1_000 / (performance.now() - time)) * 100 }
}
