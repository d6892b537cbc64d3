import { type Clock, every, type Timer } from '../../../core/clock.js'

/** Silent halves of the interval after which the broker is given up. */
const SILENT_HALVES = 2

/** What keep-alive watches over. */
export interface KeptAlive {
  /** Sends PINGREQ. */
  sendPing(): void
  /** Whether nothing at all came although we read, since the last time this was asked. */
  brokerIsSilent(): boolean
  /** Called once, when the broker was silent for a whole interval in which it had to answer. */
  onSilence(): void
}

/**
 * Pings twice per interval (MQTT 5, section 3.1.2.10). Anything that comes is a sign of life, and silence does
 * not count while we do not read: a PINGRESP lies unread in the socket then.
 * @param intervalMs what CONNECT said, or the broker's own; 0 is none
 * @returns to be cancelled when the connection ends
 */
export function keepAlive(clock: Clock, intervalMs: number, connection: KeptAlive): Timer {
  if (intervalMs === 0) return { cancel() {} }
  let silent = 0
  const timer = every(
    clock,
    intervalMs / 2,
    () => {
      silent = connection.brokerIsSilent() ? silent + 1 : 0
      if (silent < SILENT_HALVES) return connection.sendPing()
      timer.cancel()
      connection.onSilence()
    },
    { background: true },
  )
  return timer
}
