import type { Headers } from '../core/value.js'

/** What a message is to the data flow if no transform has changed it. */
export interface Envelope {
  readonly topic?: string
  readonly queue?: string
  readonly payload: unknown
  readonly headers: Headers
  /** Epoch milliseconds at which it arrived. */
  readonly timestamp: number
  readonly id?: string
  readonly attempt?: number
  readonly redelivered?: boolean
}
