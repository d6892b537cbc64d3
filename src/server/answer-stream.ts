import type { MethodFlow } from './answer-flow.js'

/** Parts of one answer that may be on their way to the caller at the same time. */
const WINDOW = 16

/** Whether a handler answers with a stream. @throws what a getter of the result throws */
export function isStream(result: unknown): result is AsyncIterable<unknown> {
  return (
    typeof (result as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] ===
    'function'
  )
}

/**
 * Sends what a handler yields, one part after the other. Waits while `WINDOW` parts are not written, so that a caller
 * that does not read holds the handler back. Resolves when all parts are written. When the caller has gone, ends the
 * iteration.
 * @param send writes a part; resolves with false if the caller has gone
 * @throws what the handler throws; what `send` throws, after the iteration was ended
 */
export async function sendParts(
  parts: AsyncIterable<unknown>,
  flow: MethodFlow,
  send: (value: unknown) => Promise<boolean>,
): Promise<void> {
  const onWay = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  let isGone = false
  for await (const part of parts) {
    const value = part ?? null
    const bytes = flow.measure(value)
    const turn = flow.cross(bytes)
    if (turn !== undefined) await turn
    const sent: Promise<void> = send(value)
      .then(
        (isWritten) => {
          if (!isWritten) isGone = true
        },
        (error: unknown) => {
          failure ??= { error }
        },
      )
      .finally(() => {
        flow.crossed(bytes)
        onWay.delete(sent)
      })
    onWay.add(sent)
    if (onWay.size >= WINDOW) await Promise.race(onWay)
    if (isGone || failure !== undefined) break
  }
  await Promise.all(onWay)
  if (failure !== undefined) throw failure.error
}
