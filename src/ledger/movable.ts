import type { Request } from './request.js'

/** Whether a request can move to a successor: it waits and names nothing of the predecessor, or may wait indefinitely. */
export function isMovable({ state, traits }: Request): boolean {
  return state === 'waiting' ? !traits.onCrash.startsWith('answer') : traits.isOpenEnded
}

/** Whether a request must reach the broker before those of a successor, because the calls have an order. */
export function precedesSuccessor({ state, verb }: Request): boolean {
  return state === 'posted' && (verb === 'publish' || verb === 'enqueue' || verb === 'notify')
}
