/**
 * The operations of a protocol. An operation that the manifest does not list rejects with UnsupportedError before
 * anything is sent.
 */
export const CAPABILITIES = [
  'call',
  'notify',
  'batch',
  'serve',
  'publish',
  'subscribe',
  'enqueue',
  'dequeue',
] as const

/** An operation that a protocol has or lacks. */
export type Capability = (typeof CAPABILITIES)[number]

/** What a protocol can do with certain settings. */
export interface ProtocolVariant {
  readonly capabilities: readonly Capability[]
  /** Replaces the type in the message of an UnsupportedError. */
  readonly name: string
}
