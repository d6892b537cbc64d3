/** The settings of a threshold. */
export interface Threshold {
  readonly value: number
  readonly direction: 'above' | 'below'
  readonly hysteresis: number
}

/**
 * Whether a number is armed to cross a threshold, on the side of the threshold, or has been reported there and has not
 * gone back far enough.
 */
export type ThresholdState = 'armed' | 'crossed' | 'reported'

/** Returns the next state for a number. `crossed` waits to be reported: see `for` of the condition. */
export function nextThreshold(
  { value, direction, hysteresis }: Threshold,
  state: ThresholdState,
  number: number,
): ThresholdState {
  const beyond = direction === 'above' ? number - value : value - number
  if (state === 'reported') return beyond <= -hysteresis ? 'armed' : 'reported'
  return beyond > 0 ? 'crossed' : 'armed'
}
