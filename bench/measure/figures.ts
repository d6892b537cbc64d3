import { median } from './statistics.js'

/** What one side did in one round. A figure that was not measured is absent. */
export interface Figures {
  /** CPU time of the host thread, µs per message. */
  readonly hostMicros?: number
  /** CPU time of the whole process, its worker threads included, µs per message. */
  readonly processMicros?: number
  /** Messages, or calls, in a second. */
  readonly perSecond?: number
  /** Delay of the host's event loop, 99th percentile, ms. */
  readonly loopDelayMs?: number
  /** Median latency of a call, µs. */
  readonly latencyMicros?: number
  /** How long something took, ms. */
  readonly durationMs?: number
  /** Resident memory, MB. */
  readonly residentMb?: number
  /** CPU time of the host thread, percent of one core. */
  readonly hostPercent?: number
}

/** One round: both sides, one right after the other. Without `plain` there is nothing to compare with. */
export interface Round {
  readonly gateway: Figures
  readonly plain?: Figures
}

/** The median of each figure on its own. */
export function medianFigures(all: readonly Figures[]): Figures {
  const names = new Set(all.flatMap((figures) => Object.keys(figures) as (keyof Figures)[]))
  return Object.fromEntries(
    [...names].map((name) => [name, median(all.flatMap((figures) => figures[name] ?? []))]),
  )
}
