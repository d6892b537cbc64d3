/** How long and how often a scenario measures. */
export interface Plan {
  /** Pairs of plain client and gateway. */
  readonly rounds: number
  /** Load before the first window of a round; `firstWarmUpMs` in the first round, for the compiler. */
  readonly warmUpMs: number
  readonly firstWarmUpMs: number
  /** The window for CPU time and throughput. */
  readonly windowMs: number
  /** The window for the loop delay, whose timer costs CPU time and is therefore not in the first one. */
  readonly delayWindowMs: number
  /** The scenario is stopped after this, whatever it is doing. */
  readonly limitMs: number
}

export const FULL: Plan = {
  rounds: 5,
  warmUpMs: 500,
  firstWarmUpMs: 1_500,
  windowMs: 1_500,
  delayWindowMs: 1_000,
  limitMs: 300_000,
}

/** For a look while developing: too short to be quoted. */
export const QUICK: Plan = {
  rounds: 3,
  warmUpMs: 250,
  firstWarmUpMs: 750,
  windowMs: 500,
  delayWindowMs: 400,
  limitMs: 180_000,
}
