import type { ByteBudget } from '../../core/byte-budget.js'
import type { Headers } from '../../core/value.js'
import { detached } from './frame.js'

/** A published message. All holders share one object. */
export interface Message {
  readonly topic: string
  payload: Uint8Array
  readonly headers: Headers | undefined
  /** The bytes that it counts for. */
  readonly weight: number
  /** `clock.monotonic()` milliseconds. */
  readonly expiresAt: number | undefined
  /** Number of holders. The message is counted once for all of them. */
  holders: number
}

/** Memory of a message's objects besides its payload and text in bytes, measured on V8. */
const OVERHEAD = 400

/** Returns the memory cost of a message in bytes. Text takes at most two bytes per character. */
export function weightOf(payload: Uint8Array, name: string, headers: Headers | undefined): number {
  let weight = OVERHEAD + payload.byteLength + name.length * 2
  if (headers) for (const [key, text] of Object.entries(headers)) weight += (key.length + text.length) * 2
  return weight
}

/** Returns whether `weight` more bytes fit into the budget. */
export const fits = (budget: ByteBudget, weight: number): boolean => budget.held + weight <= budget.limit

/** Adds a holder. The first one counts the message and copies its payload, so that it does not keep the frame alive. */
export function hold(message: Message, budget: ByteBudget): void {
  if (message.holders++ > 0) return
  keep(message)
  budget.take(message.weight)
}

/** Removes a holder. The last one uncounts the message. */
export function release(message: Message, budget: ByteBudget): void {
  if (--message.holders === 0) budget.give(message.weight)
}

/** Copies the payload out of the frame in which it arrived. */
export function keep(message: { payload: Uint8Array }): void {
  message.payload = detached(message.payload)
}
