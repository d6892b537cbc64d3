import type { Capacity } from '../../core/overflow.js'
import type { RouteSettings } from '../../core/settings/route.js'
import type { Hold } from '../hold.js'

/** What happens to a message of a topic that its broker has forgotten. */
export type Admittance = 'admit' | 'drop' | 'drop-oldest'

/** How much waits for the sink. */
export interface Waiting {
  readonly size: number
  readonly bytes: number
  readonly isMemoryFull: boolean
}

/**
 * Decides what happens to a message without acknowledgement. Messages with one are never dropped, because their broker
 * keeps them.
 */
export function admittance(
  policy: RouteSettings['overflow'],
  capacity: Capacity,
  { size, bytes, isMemoryFull }: Waiting,
  hold: Pick<Hold, 'isDropping'>,
): Admittance {
  const isFull = size > 0 && (size >= capacity.messages || bytes >= capacity.bytes || isMemoryFull)
  if (!isFull || (policy === 'block' && !hold.isDropping)) return 'admit'
  return policy === 'drop-oldest' ? 'drop-oldest' : 'drop'
}
