/**
 * When messages came again: the end of the longest gap between two arrivals of which the later is after `fault`.
 * What was under way when the fault struck may still arrive, so the first arrival after it says nothing.
 * @param arrivals times in their order
 * @throws Error when nothing arrived after the fault
 */
export function outageEnd(arrivals: readonly number[], fault: number): number {
  let end: number | undefined
  let longest = Number.NEGATIVE_INFINITY
  for (const [i, at] of arrivals.entries()) {
    if (at <= fault) continue
    const gap = at - Math.max(fault, arrivals[i - 1] ?? fault)
    if (gap > longest) [longest, end] = [gap, at]
  }
  if (end === undefined) throw new Error('nothing arrived after the fault')
  return end
}
