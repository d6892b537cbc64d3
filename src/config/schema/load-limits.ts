import { z } from 'zod'
import { duration } from './kinds.js'
import { toSettings } from './settings.js'

/** One request in a thousand periods; less is not a rate. */
const LEAST_RATE = 0.001

const rate = z.strictObject({
  requests: z.number().min(LEAST_RATE).describe('How many requests in each period.'),
  per: duration().prefault('1s').describe('The period.'),
  burst: z.int().min(1).optional().describe('How many at once after a pause: as many as `requests`.'),
  excess: z
    .enum(['wait', 'fail'])
    .default('wait')
    .describe('What goes beyond waits for its turn within its deadline, or fails at once.'),
})

export const rateLimit = rate
  .transform((values) => ({ burst: Math.max(1, Math.floor(values.requests)), ...toSettings(rate, values) }))
  .describe('How many requests may be made in a time; without the block any number.')

const room = z.strictObject({
  concurrent: z.int().min(1).describe('How many requests may be in flight.'),
  queue: z.int().min(0).default(100).describe('How many more may wait for one of them to end.'),
})

export const bulkhead = room
  .transform((values) => toSettings(room, values))
  .describe('How many requests may be in flight; without the block any number.')
