import { z } from 'zod'
import { ifAllValid, wrong } from '../reading/fault.js'
import { duration } from './kinds.js'
import { toSettings } from './settings.js'

/** Default of `max_delay`, unless `delay` is longer. */
const LONGEST_MS = 60_000

const block = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether to restore a lost connection.'),
    max_attempts: z
      .int()
      .min(-1)
      .default(-1)
      .describe('Maximum number of consecutive attempts. -1 means no limit.'),
    delay: duration()
      .prefault('1s')
      .describe('Delay before the first attempt. It doubles with each further attempt.'),
    max_delay: duration().optional().describe('Maximum delay. Default: `60s`, or `delay` if that is longer.'),
    offline: z
      .enum(['wait', 'fail'])
      .default('wait')
      .describe(
        'What operations do while there is no connection: `wait` within their time limit, or `fail` at once.',
      ),
  })
  .superRefine(
    ifAllValid(({ delay, max_delay }, context) => {
      if (max_delay !== undefined && max_delay < delay)
        wrong(context, 'max_delay', `a duration of at least "delay", which is ${delay} ms`)
    }),
  )

const settings = block.transform((values) => {
  const { delayMs, maxDelayMs = Math.max(LONGEST_MS, delayMs), ...rest } = toSettings(block, values)
  return { ...rest, delayMs, maxDelayMs }
})

export const reconnect = settings.prefault({}).describe('How a lost connection is restored.')

/** Short delays, because listening fails only briefly while an earlier life still holds the port. */
export const reconnectOfServer = settings
  .prefault({ delay: '100ms', max_delay: '5s' })
  .describe('How a failed listener is restored. Without this block: after `100ms`, doubling up to `5s`.')
