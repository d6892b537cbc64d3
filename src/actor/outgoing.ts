import type { Value } from '../core/value.js'
import type { DeliveryExtras } from '../mailbox/protocol.js'

/** A message on its way to the host. */
export interface Outgoing {
  readonly topic: string
  /** Empty if a transform has made the message. */
  readonly payload: Uint8Array
  /** The value that transforms have made, and its estimated size in bytes. */
  readonly transformed?: { readonly value: Value; readonly bytes: number }
  readonly extras: DeliveryExtras | undefined
  /** Called once when the host has received it, or when it was dropped. */
  taken?: (() => void) | undefined
}

/** The payload of a message that a transform has made. */
export const NO_BYTES = new Uint8Array(0)

/** Estimated memory of a message beside its payload. */
const OVERHEAD_BYTES = 200

/** The size of what crosses, in bytes. */
export function bytesOf({ payload, transformed }: Pick<Outgoing, 'payload' | 'transformed'>): number {
  return transformed === undefined ? payload.byteLength : transformed.bytes
}

/** Estimates the memory of a message, in bytes. */
export function weightOf(message: Pick<Outgoing, 'payload' | 'transformed'>): number {
  return bytesOf(message) + OVERHEAD_BYTES
}
