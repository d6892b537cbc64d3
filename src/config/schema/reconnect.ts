import { z } from 'zod'
import { together, wrong } from '../reading/fault.js'
import { duration } from './kinds.js'
import { toSettings } from './settings.js'

/** The longest delay where none is set and the first one is shorter. */
const LONGEST_MS = 60_000

const block = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether a lost connection is made again.'),
    max_attempts: z.int().min(-1).default(-1).describe('Attempts in a row; -1 for any number.'),
    delay: duration().prefault('1s').describe('The first delay; it doubles from there.'),
    max_delay: duration().optional().describe('The longest delay: `60s`, or `delay` where that is longer.'),
    offline: z
      .enum(['wait', 'fail'])
      .default('wait')
      .describe(
        'What an operation does while there is no connection: wait within its time-out, or fail at once.',
      ),
  })
  .superRefine(
    together(({ delay, max_delay }, context) => {
      if (max_delay !== undefined && max_delay < delay)
        wrong(context, 'max_delay', `a duration of at least "delay", which is ${delay} ms`)
    }),
  )

const settings = block.transform((values) => {
  const { delayMs, maxDelayMs = Math.max(LONGEST_MS, delayMs), ...rest } = toSettings(block, values)
  return { ...rest, delayMs, maxDelayMs }
})

export const reconnect = settings.prefault({}).describe('How a lost connection is made again.')

/** Listening fails for a moment where an earlier life still holds the port: no long delays then. */
export const reconnectOfServer = settings
  .prefault({ delay: '100ms', max_delay: '5s' })
  .describe('How listening is tried again; without the block after `100ms`, and every `5s` at the latest.')
