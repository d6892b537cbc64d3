import { REASON } from './errors.js'

const DISCONNECT = Uint8Array.of(0xe0, 0)
/** The broker publishes the will despite the clean disconnect (MQTT 5, section 3.14.2.1). */
const DISCONNECT_WITH_WILL = Uint8Array.of(0xe0, 1, REASON.disconnectWithWill)
/** Session Expiry Interval 0: the broker drops the session (MQTT 5, section 3.14.2.2.2). */
const DISCONNECT_FOR_GOOD = Uint8Array.of(0xe0, 7, 0, 5, 0x11, 0, 0, 0, 0)

/** How to close a connection: the broker keeps the session, or drops it (MQTT 5 only). */
export type CloseMode = 'keep-session' | 'end-session'

/** Returns the DISCONNECT of a clean close. @param withWill whether the broker publishes the will */
export function disconnect(version: 4 | 5, how: CloseMode, withWill: boolean): Uint8Array {
  if (version === 4) return DISCONNECT
  if (how === 'end-session') return DISCONNECT_FOR_GOOD
  return withWill ? DISCONNECT_WITH_WILL : DISCONNECT
}

/** Returns the DISCONNECT that reports an error (MQTT 5, section 4.13). */
export function disconnectBecause(reasonCode: number): Uint8Array {
  return Uint8Array.of(0xe0, 1, reasonCode)
}
