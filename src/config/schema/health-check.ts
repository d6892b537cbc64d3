import { z } from 'zod'
import { duration, text } from './kinds.js'
import { settingsOf } from './settings.js'

export const healthCheck = settingsOf({
  enabled: z.boolean().default(true).describe('Whether to check the health of the service.'),
  interval: duration().prefault('30s').describe('Interval between two checks.'),
  timeout: duration().prefault('5s').describe('Time limit of a check.'),
  method: text.optional().describe('Method to call. Default: a ping of the protocol. Example: `"health"`.'),
})
  .prefault({ enabled: false })
  .describe('Checks regularly whether the service is alive. Without this block it is not checked.')
