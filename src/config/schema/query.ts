import { z } from 'zod'
import type { Query, QueryLimits } from '../../core/settings/transform.js'
import { checkQuery } from '../../transform/jq/check.js'
import { duration, size } from './kinds.js'
import { toSettings } from './settings.js'

const block = z.strictObject({
  steps: z
    .int()
    .min(1)
    .default(1_000_000)
    .describe('Maximum number of elements visited, functions called and steps of regular expressions.'),
  output: size().prefault('16MB').describe('Maximum size of all results together, as JSON.'),
  depth: z.int().min(1).max(10_000).default(1_000).describe('Maximum nesting of a result.'),
  time: duration()
    .prefault('5s')
    .describe('Maximum time on the slow path. A compiled query is limited by `steps`.'),
})

export const limits = block
  .transform((values): QueryLimits => toSettings(block, values))
  .prefault({})
  .describe('Limits of one run of a query. Beyond a limit the query fails for that message.')

/** Schema of a jq query. An error of syntax is reported with its position in the query. */
export const query = z
  .string()
  .min(1)
  .superRefine((given, context) => {
    const fault = checkQuery(given).fault
    if (fault === undefined) return
    const message = 'expected a jq query'
    context.addIssue({ code: 'custom', message, params: { hint: fault } })
  })

export function queryOf(text: string, limits: QueryLimits): Query {
  return { text, limits }
}
