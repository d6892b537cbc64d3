import { z } from 'zod'
import type { ErrorClass } from '../../core/errors.js'
import type { Backoff } from '../../core/settings.js'
import { together, wrong } from '../reading/fault.js'
import { duration } from './kinds.js'
import { toSettings } from './settings.js'

const ERROR_CLASSES = [
  'timeout',
  'connection-reset',
  'service-unavailable',
  'rate-limited',
] as const satisfies readonly ErrorClass[]

/** The longest delay where none is set and the first one is shorter. */
const LONGEST_MS = 10_000

/** Enough for a passing fault, too little to double the load of a service that is down. */
const budget = z.strictObject({
  share: z.number().min(0).max(10).default(0.2).describe('Retries for each request, on average.'),
  min_per_second: z.number().min(0).default(10).describe('So many retries a second in any case.'),
})

const block = z
  .strictObject({
    max_attempts: z.int().min(1).max(1_000).default(3).describe('Attempts in all, the first included.'),
    backoff: z
      .enum(['constant', 'linear', 'exponential'])
      .default('exponential')
      .describe('How the delays between attempts grow.'),
    initial: duration().prefault('100ms').describe('The first delay.'),
    increment: duration().prefault('100ms').describe('By how much a `linear` delay grows.'),
    max: duration().optional().describe('The longest delay: `10s`, or `initial` where that is longer.'),
    factor: z.number().min(1).max(100).default(2).describe('By what an `exponential` delay is multiplied.'),
    jitter: z.number().min(0).max(1).default(0.2).describe('The share of each delay that is random.'),
    retryable_errors: z
      .array(z.enum(ERROR_CLASSES))
      .default([])
      .describe('What is retried; without it every error that is `retryable`.'),
    budget: z
      .union([z.boolean(), budget])
      .default(true)
      .describe('What all retries together may be; `false` for any number.'),
  })
  .superRefine(
    together(({ max, initial, backoff }, context) => {
      if (max !== undefined && max < initial && backoff !== 'constant')
        wrong(context, 'max', `a duration of at least "initial", which is ${initial} ms`)
    }),
  )

/** Only the application knows what may be done twice: without the block nothing is retried. */
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
    return {
      ...rest,
      backoff: backoffOf(backoff, initialMs, incrementMs, factor, maxMs ?? Math.max(LONGEST_MS, initialMs)),
      ...(limit !== false && { budget: toSettings(budget, limit) }),
    }
  })
  .prefault({ max_attempts: 1, budget: false })
  .describe('Repeats what failed; without the block nothing is repeated.')

function backoffOf(
  kind: Backoff['kind'],
  initialMs: number,
  incrementMs: number,
  factor: number,
  maxMs: number,
): Backoff {
  if (kind === 'constant') return { kind, initialMs }
  return kind === 'linear' ? { kind, initialMs, incrementMs, maxMs } : { kind, initialMs, factor, maxMs }
}
