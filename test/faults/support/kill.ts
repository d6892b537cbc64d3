import type { Fault, Gateway } from '../../../src/index.js'
import { waitFor } from '../../support/wait-for.js'

/** A killed actor is back well within this, on any machine: what takes longer hangs. */
const BACK_WITHIN_MS = 30_000

/** Kills the actor of an integration by a fault; resolves when its successor is connected. @returns its thread */
export async function kill(gateway: Gateway, name: string, fault: Fault): Promise<number> {
  const successor = () => {
    const { state, threadId, restarts } = gateway.connections.status(name)
    return restarts > before.restarts && state === 'connected' ? threadId : undefined
  }
  const before = gateway.connections.status(name)
  // Whoever inflicts a fault may hear of the death instead of an answer.
  await gateway.connections.inject(name, fault).catch(() => {})
  return waitFor(successor, {
    timeoutMs: BACK_WITHIN_MS,
    what: () =>
      `the successor of ${name} after ${fault}; it is ${JSON.stringify(gateway.connections.status(name))}`,
  })
}

/** Resolves when all integrations are connected. */
export async function connected(gateway: Gateway, ...names: string[]): Promise<void> {
  for (const name of names)
    await waitFor(() => gateway.connections.status(name).state === 'connected', {
      what: () => `${name} to connect; it is ${JSON.stringify(gateway.connections.status(name))}`,
    })
}
