import type { Headers } from '../../core/value.js'
import { detached } from './frame.js'

/** A published message on its way to subscribers; one object is shared by all lines that hold it. */
export interface Message {
  readonly topic: string
  payload: Uint8Array
  readonly headers: Headers | undefined
  /** Bytes that it counts for. */
  readonly weight: number
  readonly expiresAt: number | undefined
}

/** What a message costs in memory beyond its payload is in its text: two bytes a character at worst. */
export function weightOf(payload: Uint8Array, name: string, headers: Headers | undefined): number {
  let weight = payload.byteLength + name.length * 2
  if (headers) for (const [key, text] of Object.entries(headers)) weight += (key.length + text.length) * 2
  return weight
}

/** Makes the message keep no more memory alive than its own payload; done before it is held. */
export function keep(message: { payload: Uint8Array }): void {
  message.payload = detached(message.payload)
}
