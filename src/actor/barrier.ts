import { sharedController } from '../core/abort.js'
import type { ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import { type Clock, sleep } from '../core/clock.js'
import { quietly } from './quietly.js'

/** How long one answer of the broker is awaited, in milliseconds. */
const PING_TIMEOUT_MS = 500
/** The broker is asked more than once, because acknowledgements of the first round let it send more. */
const PINGS = 2

/**
 * Resolves when what the broker had sent on the connection that `ping` uses has arrived, also what had to wait for
 * acknowledgements. Subscriptions with a connection of their own have `finish`. Never rejects.
 */
export async function barrier(adapter: ProtocolAdapter, clock: Clock): Promise<void> {
  for (let i = 0; i < PINGS; i++) {
    const timer = sharedController()
    const answered = quietly(() => adapter.ping?.(timer.signal))
    await Promise.race([answered, sleep(clock, PING_TIMEOUT_MS, timer.signal).catch(() => {})])
    timer.abort()
  }
}
