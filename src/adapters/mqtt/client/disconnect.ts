import { REASON } from './errors.js'

const DISCONNECT = Uint8Array.of(0xe0, 0)
/** MQTT 5, section 3.14.2.1: the broker publishes the will none the less. */
const DISCONNECT_WITH_WILL = Uint8Array.of(0xe0, 1, REASON.disconnectWithWill)
/** Session Expiry Interval 0: the broker drops the session. */
const DISCONNECT_FOR_GOOD = Uint8Array.of(0xe0, 7, 0, 5, 0x11, 0, 0, 0, 0)

/** How a connection is ended: the session stays with the broker, or the broker drops it (MQTT 5 only). */
export type Farewell = 'keep-session' | 'end-session'

/** The DISCONNECT of a connection that ends in good order. @param withWill whether the broker publishes the will */
export function disconnect(version: 4 | 5, how: Farewell, withWill: boolean): Uint8Array {
  if (version === 4) return DISCONNECT
  if (how === 'end-session') return DISCONNECT_FOR_GOOD
  return withWill ? DISCONNECT_WITH_WILL : DISCONNECT
}

/** The DISCONNECT of a connection that we give up (MQTT 5, section 4.13). */
export function disconnectBecause(reasonCode: number): Uint8Array {
  return Uint8Array.of(0xe0, 1, reasonCode)
}
