import { type Clock, every, type Timer } from '../../../core/clock.js'

/** After so many silent half-intervals the connection is closed. */
const SILENT_HALVES = 2

/** A connection to keep alive. */
export interface KeepAliveTarget {
  /** Sends PINGREQ. */
  sendPing(): void
  /** Returns whether nothing was received since the last call although we were reading. */
  brokerIsSilent(): boolean
  /** Called once when the broker was silent for a whole interval. */
  onSilence(): void
}

/**
 * Sends PINGREQ twice per interval (MQTT 5, section 3.1.2.10) and reports silence. Any packet counts as an answer;
 * while reading is paused silence does not count, because PINGRESP waits unread in the socket.
 * @param intervalMs the keep-alive of CONNECT or CONNACK; 0 disables it
 * @returns a timer to cancel when the connection ends
 */
export function keepAlive(clock: Clock, intervalMs: number, connection: KeepAliveTarget): Timer {
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
