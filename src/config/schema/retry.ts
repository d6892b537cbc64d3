import { z } from 'zod'
import { ERROR_CLASSES } from '../../core/errors/context.js'
import type { Backoff } from '../../core/settings/retry.js'
import { ifAllValid, wrong } from '../reading/fault.js'
import { duration } from './kinds.js'
import { toSettings } from './settings.js'

/** Default of `max`, unless `initial` is longer. */
const LONGEST_MS = 10_000

/** The defaults cover a passing fault without doubling the load of a service that is down. */
const budget = z.strictObject({
  share: z.number().min(0).max(10).default(0.2).describe('Average number of retries per request.'),
  min_per_second: z
    .number()
    .min(0)
    .default(10)
    .describe('Number of retries per second that are always allowed.'),
})

const block = z
  .strictObject({
    max_attempts: z
      .int()
      .min(1)
      .max(1_000)
      .default(3)
      .describe('Maximum number of attempts, including the first.'),
    backoff: z
      .enum(['constant', 'linear', 'exponential'])
      .default('exponential')
      .describe(
        'How the delays between attempts grow: `constant` stays at `initial`, `linear` adds `increment` each time, `exponential` multiplies by `factor`.',
      ),
    initial: duration().prefault('100ms').describe('Delay before the second attempt.'),
    increment: duration().prefault('100ms').describe('Increment of a `linear` delay.'),
    max: duration().optional().describe('Maximum delay. Default: `10s`, or `initial` if that is longer.'),
    factor: z.number().min(1).max(100).default(2).describe('Factor of an `exponential` delay.'),
    jitter: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe('Share of each delay that is random: 0.2 shortens it by up to 20 %.'),
    retryable_errors: z
      .array(z.enum(ERROR_CLASSES))
      .default([])
      .describe(
        'Classes of errors to retry. Default: every error that is `retryable`. Example: `["timeout", "connection-reset"]`.',
      ),
    budget: z
      .union([z.boolean(), budget])
      .default(true)
      .describe('Limits all retries together, relative to the number of requests. `false` means no limit.'),
  })
  .superRefine(
    ifAllValid(({ max, initial, backoff }, context) => {
      if (max !== undefined && max < initial && backoff !== 'constant')
        wrong(context, 'max', `a duration of at least "initial", which is ${initial} ms`)
    }),
  )

/** Without the block nothing is retried, because only the application knows which operations may be repeated. */
export const retry = block
  .transform((values) => {
    const {
      backoff,
      initialMs,
      incrementMs,
      maxMs,
      factor,
      budget: given,
      ...rest
    } = toSettings(block, values)
    const limit = given === true ? budget.parse({}) : given
    const longest = { initialMs, maxMs: maxMs ?? Math.max(LONGEST_MS, initialMs) }
    const growing: Readonly<Record<typeof backoff, Backoff>> = {
      constant: { kind: 'constant', initialMs },
      linear: { kind: 'linear', incrementMs, ...longest },
      exponential: { kind: 'exponential', factor, ...longest },
    }
    const limited = limit !== false && { budget: toSettings(budget, limit) }
    return { ...rest, backoff: growing[backoff], ...limited }
  })
  .prefault({ max_attempts: 1, budget: false })
  .describe('Retries failed operations. Without this block nothing is retried.')
