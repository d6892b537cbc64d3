import type { Request } from './request.js'

/** Whether a request can move to a successor: it waits and names nothing of the predecessor, or may wait indefinitely. */
export function isMovable({ state, traits }: Request): boolean {
  return state === 'waiting' ? !traits.onCrash.startsWith('answer') : traits.isOpenEnded
}

/** Whether a request ends by itself; others may wait indefinitely. */
export function isEnding({ traits }: Request): boolean {
  return !traits.isOpenEnded
}

/** Whether the integration itself may have to answer a request, so that its own handlers must still get messages. */
export function needsAnswer({ state, traits }: Request): boolean {
  return state === 'posted' && !traits.isOpenEnded && !traits.settles
}

/** Whether a request must reach the broker before those of a successor, because the calls have an order. */
export function precedesSuccessor({ state, verb }: Request): boolean {
  return state === 'posted' && (verb === 'publish' || verb === 'enqueue' || verb === 'notify')
}
