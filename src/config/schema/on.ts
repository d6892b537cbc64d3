import { z } from 'zod'
import { parsePath } from '../../core/data-path.js'
import { checkQuery } from '../../transform/jq/check.js'
import { ifAllValid } from '../reading/fault.js'
import { duration } from './kinds.js'
import { lateCondition, nameOf } from './late.js'

/** Schema of a path in a value. */
const path = z.string().transform((given, context) => {
  const read = parsePath(given)
  if (read !== undefined) return read
  context.addIssue({ code: 'custom', message: 'expected a path such as "items[0].price"' })
  return z.NEVER
})

/** Schema of a jq query for the host thread, which only runs compiled queries. */
const query = z
  .string()
  .min(1)
  .superRefine((given, context) => {
    const { fault, slow } = checkQuery(given)
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: 'expected a jq query', params: { hint: fault } })
    else if (slow !== undefined)
      context.addIssue({
        code: 'custom',
        message: 'expected a jq query that compiles',
        params: {
          hint: `the query ${slow}, which is not compiled: a condition runs on the host thread, so compute the value in a transform of the data`,
        },
      })
  })

const threshold = z.strictObject({
  value: z.number().describe('The threshold.'),
  path: path
    .prefault('')
    .describe('Path of the number in `trigger.value`. Default: the value itself. Example: `"price"`.'),
  direction: z.enum(['above', 'below']).default('above').describe('The side on which the condition holds.'),
  hysteresis: z
    .number()
    .min(0)
    .default(0)
    .describe('How far the number must go back over the threshold before the condition can hold again.'),
  for: duration(0).prefault(0).describe('How long the number must stay on that side.'),
})

const changed = z.strictObject({
  path: path.prefault('').describe('Path in `trigger.value`. Default: the value itself.'),
})

const conditionBlock = z
  .strictObject({
    threshold: threshold.optional().describe('Holds once each time a number crosses a threshold.'),
    changed: changed.optional().describe('Holds if a part of the value differs from the previous value.'),
    jq: query
      .optional()
      .describe('A jq query on the trigger. Holds if its first result is neither false nor null.'),
  })
  .superRefine(
    ifAllValid((given, context) => {
      if (Object.values(given).filter((each) => each !== undefined).length !== 1)
        context.addIssue({ code: 'custom', message: 'expected one of threshold, changed and jq' })
    }),
  )
  .describe('The condition as a block: one of `threshold`, `changed` and `jq`.')

const condition = z
  .union([lateCondition('trigger', 'data'), conditionBlock])
  .meta({ late: ['trigger', 'data'] })
  .describe(
    'Runs the action only if it holds: an expression, or a block. Example: `trigger.value.price > 10`.',
  )

export type ConditionBlock = z.output<typeof conditionBlock>

/** Schema of an `on` block. */
export const on = z
  .strictObject({
    action: nameOf('action').describe('The action to run, as `action.NAME` or as text.'),
    condition: condition.optional(),
    debounce: duration()
      .optional()
      .describe('Runs when no event has followed for this time, with the newest.'),
    throttle: duration()
      .optional()
      .describe('Runs at most once in this time. The newest of the other events runs at its end.'),
    concurrency: z.int().min(1).max(1_000).default(1).describe('Maximum number of runs in progress.'),
    overlap: z
      .enum(['queue', 'skip', 'restart'])
      .default('queue')
      .describe(
        'What happens to an event while `concurrency` runs are in progress: `queue` lets it wait, `skip` drops it, `restart` cancels the oldest run.',
      ),
    queue_size: z
      .int()
      .min(1)
      .max(100_000)
      .default(1_000)
      .describe(
        'Maximum number of events that wait with `overlap = "queue"`. Beyond it, the oldest is dropped.',
      ),
  })
  .describe('Runs an action for an event.')
