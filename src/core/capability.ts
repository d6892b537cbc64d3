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
