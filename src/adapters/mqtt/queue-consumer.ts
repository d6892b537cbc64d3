import type { AdapterConsumer } from '../../core/adapter/queue-facet.js'

/**
 * Makes a consumer of a queue.
 * @param entry its place in the inbox
 * @param leave gives back what no other consumer takes
 * @param outlives whether its session stays with the broker after a detach
 */
export function asConsumer(
  entry: { request(count: number): void; remove(): void },
  leave: () => Promise<void>,
  outlives: boolean,
): AdapterConsumer {
  let isClosed = false
  const end = async (how: () => Promise<void>) => {
    if (isClosed) return
    isClosed = true
    entry.remove()
    await how()
  }
  return {
    request: entry.request,
    close: () => end(leave),
    ...(outlives && { detach: () => end(async () => {}) }),
  }
}
