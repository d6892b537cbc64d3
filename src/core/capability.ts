/** The operations of DESIGN section 3; what a manifest does not list is `Unsupported` before anything is sent. */
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

export type Capability = (typeof CAPABILITIES)[number]

/** A protocol that depends on its settings. */
export interface ProtocolVariant {
  readonly capabilities: readonly Capability[]
  /** In place of the type, in the message that an operation is not supported. */
  readonly name: string
}
