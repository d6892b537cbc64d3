/** A fault that an actor causes itself on purpose, to test supervision. */
export type Fault =
  | 'throw'
  | 'reject'
  | 'exit'
  | 'leak-objects'
  | 'leak-map'
  | 'leak-buffers'
  | 'spin'
  | 'block'

export const FAULTS = [
  'throw',
  'reject',
  'exit',
  'leak-objects',
  'leak-map',
  'leak-buffers',
  'spin',
  'block',
] as const
