import { type Clock, sleep } from '../../../core/clock.js'
import type { Inbound } from './inbound.js'

/** How often to look whether all messages are acknowledged, in milliseconds. */
const ACKNOWLEDGED_MS = 5

/**
 * Resolves when the broker has no more messages for a session that has no subscriptions left, or when the connection ends.
 * A broker sends only some messages before they are acknowledged. So it has no more if none arrives between two answered
 * pings while all are acknowledged.
 */
export async function emptied(inbound: Inbound, clock: Clock, ping: () => Promise<void>): Promise<void> {
  for (let before = -1; !inbound.isClosed; ) {
    await ping()
    const isAcknowledged = inbound.unacknowledged === 0
    if (isAcknowledged && before === inbound.arrived) return
    before = isAcknowledged ? inbound.arrived : -1
    if (!isAcknowledged) await sleep(clock, ACKNOWLEDGED_MS)
  }
}
