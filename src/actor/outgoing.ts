import type { DeliveryExtras } from '../mailbox/protocol.js'

/** A message on its way to the host. */
export interface Outgoing {
  readonly topic: string
  readonly payload: Uint8Array
  readonly extras: DeliveryExtras | undefined
  /** Called once when the host has it, or when it was dropped. */
  taken?: (() => void) | undefined
}

/** What a message takes beside its payload, in bytes. */
const OVERHEAD_BYTES = 200

/** What a message holds in memory, in bytes. */
export function weightOf({ payload }: Pick<Outgoing, 'payload'>): number {
  return payload.byteLength + OVERHEAD_BYTES
}
