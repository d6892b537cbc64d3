/** All kinds of errors, in the order of their counters in shared memory. Each kind has a class in this folder. */
export const ERROR_KINDS = [
  'connection',
  'timeout',
  'circuit-open',
  'auth',
  'rpc',
  'serialize',
  'publish',
  'subscribe',
  'enqueue',
  'dequeue',
  'ack',
  'actor-crashed',
  'mailbox-full',
  'rate-limited',
  'unsupported',
  'cancelled',
  'shutdown',
  'config',
] as const

/** What can go wrong: the `kind` of an error. The list is closed. */
export type ErrorKind = (typeof ERROR_KINDS)[number]
