import type { z } from 'zod'

/** A message that the gateway sends without being asked. With a `result` it is a request, which the client answers. */
export interface Notification {
  /** When it is sent, as a sentence. */
  readonly summary: string
  readonly params: z.ZodObject
  readonly result?: z.ZodType
}
