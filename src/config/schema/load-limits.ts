import { z } from 'zod'
import { duration } from './kinds.js'
import { settingsOf, toSettings } from './settings.js'

/** Minimum rate: one request in a thousand periods. */
const LEAST_RATE = 0.001

/** The attributes of a rate. @param requests what is counted, in words */
const rateOf = (requests: string) => ({
  requests: z.number().min(LEAST_RATE).describe(`Number of ${requests} allowed per period.`),
  per: duration().prefault('1s').describe('Length of the period.'),
  burst: z
    .int()
    .min(1)
    .optional()
    .describe('Number of requests allowed at once after a pause. Default: `requests`.'),
})
const burstOf = ({ requests }: { readonly requests: number }) => Math.max(1, Math.floor(requests))

const rate = z.strictObject({
  ...rateOf('requests'),
  excess: z
    .enum(['wait', 'fail'])
    .default('wait')
    .describe(
      'What happens to requests beyond the rate: `wait` queues them within their deadline, `fail` rejects them at once.',
    ),
})

export const rateLimit = rate
  .transform((values) => ({ burst: burstOf(values), ...toSettings(rate, values) }))
  .describe('Limits the rate of requests. Example: `rate_limit { requests = 100 }`.')

const ofCaller = z.strictObject(rateOf('requests of one caller'))

export const callerRate = ofCaller.transform((values) => ({
  burst: burstOf(values),
  ...toSettings(ofCaller, values),
}))

export const bulkhead = settingsOf({
  concurrent: z.int().min(1).describe('Maximum number of requests in flight.'),
  queue: z
    .int()
    .min(0)
    .default(100)
    .describe(
      'Maximum number of further requests that wait for a slot. Beyond it, requests fail at once with MailboxFullError.',
    ),
}).describe('Limits the number of requests in flight. Example: `bulkhead { concurrent = 20 }`.')
