import type { ByteBudget } from '../../core/byte-budget.js'
import type { Headers } from '../../core/value.js'
import { detached } from './frame.js'

/** A published message on its way to subscribers; one object is shared by all that hold it. */
export interface Message {
  readonly topic: string
  payload: Uint8Array
  readonly headers: Headers | undefined
  /** Bytes that it counts for. */
  readonly weight: number
  /** `clock.monotonic()` milliseconds. */
  readonly expiresAt: number | undefined
  /** How many hold it: it is counted once. */
  holders: number
}

/** Objects around a message, beside its payload and text, as measured on V8. */
const OVERHEAD = 400

/** What a message costs in memory. Text takes two bytes a character at worst. */
export function weightOf(payload: Uint8Array, name: string, headers: Headers | undefined): number {
  let weight = OVERHEAD + payload.byteLength + name.length * 2
  if (headers) for (const [key, text] of Object.entries(headers)) weight += (key.length + text.length) * 2
  return weight
}

/** Whether `weight` more bytes can be held. */
export const fits = (budget: ByteBudget, weight: number): boolean => budget.held + weight <= budget.limit

/** Holds the message: it keeps no more memory alive than its own payload, and is counted once. */
export function hold(message: Message, budget: ByteBudget): void {
  if (message.holders++ > 0) return
  keep(message)
  budget.take(message.weight)
}

/** Undoes one `hold`. */
export function release(message: Message, budget: ByteBudget): void {
  if (--message.holders === 0) budget.give(message.weight)
}

/** Copies the payload out of the frame that it came in. */
export function keep(message: { payload: Uint8Array }): void {
  message.payload = detached(message.payload)
}
