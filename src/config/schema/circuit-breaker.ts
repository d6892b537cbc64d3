import { z } from 'zod'
import { duration } from './kinds.js'
import { toSettings } from './settings.js'

const block = z.strictObject({
  failure_threshold: z.int().min(1).default(5).describe('Failures in a row that open the breaker.'),
  success_threshold: z.int().min(1).default(2).describe('Successful probes in a row that close it again.'),
  timeout: duration().prefault('30s').describe('How long it stays open before it lets a probe through.'),
})

export const circuitBreaker = block
  .transform((values) => toSettings(block, values))
  .prefault({})
  .describe('Fails fast while the other side is down.')
