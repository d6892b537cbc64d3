import type { DeliveryExtras } from '../mailbox/protocol.js'

/** A message on its way to the host. */
export interface Outgoing {
  readonly topic: string
  readonly payload: Uint8Array
  readonly extras: DeliveryExtras | undefined
  /** Called once when the host has received it, or when it was dropped. */
  taken?: (() => void) | undefined
}

/** Estimated memory of a message beside its payload. */
const OVERHEAD_BYTES = 200

/** Estimates the memory of a message, in bytes. */
export function weightOf({ payload }: Pick<Outgoing, 'payload'>): number {
  return payload.byteLength + OVERHEAD_BYTES
}
