import { z } from 'zod'
import { duration } from './kinds.js'
import { settingsOf } from './settings.js'

export const circuitBreaker = settingsOf({
  failure_threshold: z
    .int()
    .min(1)
    .default(5)
    .describe('Number of consecutive failures that open the breaker.'),
  success_threshold: z
    .int()
    .min(1)
    .default(2)
    .describe('Number of consecutive successful probes that close the breaker.'),
  timeout: duration()
    .prefault('30s')
    .describe('How long the breaker stays open before it lets operations through as probes.'),
})
  .prefault({})
  .describe('Fails operations at once while the service is down.')
