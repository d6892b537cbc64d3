import type { Gateway } from '../../../src/index.js'

/** A queue protocol in a campaign: a broker, and clients that are not ours beside it. */
export interface Protocol {
  readonly name: string
  /** The block of an integration in the object form of the configuration. */
  readonly integration: object
  /** Every delivery says which attempt it is. */
  readonly attempts: boolean
  /** The share of messages that the broker, without any fault of ours, may deliver twice or count once too often. */
  readonly lapses: number
  /** A message that was given back, or left by a killed actor, is back within so many milliseconds. */
  readonly backWithinMs: number
  /** Ends the broker and starts it again with what it held; absent where it is a part of the gateway. */
  readonly restartBroker?: () => Promise<void>
  /** For a protocol whose broker is in the gateway: its plain client is an integration of its own. */
  use?(gateway: Gateway): void
  /** Makes the queues, before anything is sent. */
  open(queue: string, deadLetters: string): Promise<void>
  /** Sends one message by the plain client. Resolves when the broker has it. */
  produce(queue: string, n: number): Promise<void>
  /** Messages of the queue that are not settled, as the broker tells; `undefined` where it does not. */
  left(queue: string): Promise<number | undefined>
  /** What the plain client finds among the dead letters. */
  deadLetters(): Promise<readonly number[]>
  stop(): Promise<void>
}
