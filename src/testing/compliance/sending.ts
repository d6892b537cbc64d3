import type { CaseContext } from './context.js'

/** Sends a value. Resolves when the operation has succeeded. */
export type Send = (value: unknown) => Promise<unknown>

/** Returns the operations with which the protocol of a case can send a value, by name. */
export async function sendingOperations(context: CaseContext): Promise<[string, Send][]> {
  const { features } = context
  const found: [string, Send][] = []
  if (features.publish)
    found.push(['publish', async (value) => context.pubsub().publish(context.name('to'), value)])
  if (features.enqueue && features.persistentQueue)
    found.push(['send', async (value) => context.queue().send(context.name('to'), value)])
  if (features.call) {
    await context.serve()
    found.push(['call', async (value) => context.rpc().call(context.method('echo'), { value })])
  }
  return found
}
