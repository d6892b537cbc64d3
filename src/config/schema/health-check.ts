import { z } from 'zod'
import { duration, text } from './kinds.js'
import { toSettings } from './settings.js'

const block = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether it is checked.'),
  interval: duration().prefault('30s').describe('The time between two checks.'),
  timeout: duration().prefault('5s').describe('How long an answer may take.'),
  method: text
    .optional()
    .describe("The method to call; without it the check is the protocol's own sign of life."),
})

export const healthCheck = block
  .transform((values) => toSettings(block, values))
  .prefault({ enabled: false })
  .describe('Asks the other side for a sign of life; without the block it is not asked.')
