import type { Request } from './request.js'
import type { RequestQueue } from './request-queue.js'

/** The request that `drop-oldest` drops. A posted request is older, but a connected actor is already executing it. */
export function oldestOf(
  { oldestWaiting, oldestPosted }: Pick<RequestQueue, 'oldestWaiting' | 'oldestPosted'>,
  isConnected: boolean,
): Request | undefined {
  return isConnected ? (oldestWaiting ?? oldestPosted) : (oldestPosted ?? oldestWaiting)
}
