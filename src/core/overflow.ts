/** What happens to a message when the buffer is full. */
export type Overflow = 'block' | 'reject' | 'drop-oldest' | 'drop-newest'

export const OVERFLOW_POLICIES = ['block', 'reject', 'drop-oldest', 'drop-newest'] as const

/** The capacity of a buffer, in messages and in bytes of payload. */
export interface Capacity {
  /** How many messages. */
  readonly messages: number
  /** How many bytes. */
  readonly bytes: number
}
