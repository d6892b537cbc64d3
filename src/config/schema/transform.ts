import { z } from 'zod'
import { parseDuration } from '../../core/duration.js'
import {
  AGGREGATE_FUNCTIONS,
  type AggregateField,
  type QueryLimits,
  type TransformSettings,
  type WindowExtent,
} from '../../core/settings/transform.js'
import { fault, ifAllValid, wrong } from '../reading/fault.js'
import { scriptFunctionOf } from '../script-function.js'
import { duration, text } from './kinds.js'
import { nameOf } from './late.js'
import { limits, query, queryOf } from './query.js'

const LIMIT = 10_000

const type = <T extends TransformSettings['type']>(word: T, doc: string) => z.literal(word).describe(doc)

const each = z
  .enum(['message', 'element'])
  .optional()
  .describe(
    'What it applies to: the whole value of each `message`, or each `element` of an array. Default: `element` if the value is an array.',
  )
const entries = z.int().min(1).max(1_000_000).default(LIMIT)
const by = query.optional()

const field = z
  .strictObject(
    Object.fromEntries(AGGREGATE_FUNCTIONS.map((name) => [name, query.optional()])) as {
      readonly [F in (typeof AGGREGATE_FUNCTIONS)[number]]: z.ZodOptional<typeof query>
    },
  )
  .refine((given) => Object.values(given).filter((each) => each !== undefined).length === 1, {
    error: 'expected one function, such as { sum = ".price" }',
  })

/** The extent of a window: a whole number of messages, or a duration as text. */
const extent = z
  .union([z.int().min(1).max(1_000_000), z.string()])
  .transform((given, context): WindowExtent => {
    if (typeof given === 'number') return { messages: given }
    const ms = parseDuration(given)
    if (ms !== undefined && ms >= 1) return { ms }
    context.addIssue({
      code: 'custom',
      message: 'expected a number of messages such as 100, or a duration such as "10s"',
    })
    return z.NEVER
  })

const jq = z.strictObject({
  type: type('jq', 'Runs a jq query. Each result is a message; no result drops the message.'),
  query: query.describe('The query. Example: `".payload"`.'),
  limits,
})
const filter = z.strictObject({
  type: type('filter', 'Keeps messages for which a jq query is true.'),
  expr: query.describe('Kept if the first result is neither false nor null. Example: `".price > 10"`.'),
  each,
  limits,
})
const map = z.strictObject({
  type: type('map', 'Replaces a value by the result of a jq query.'),
  expr: query.describe('The query. It must have exactly one result. Example: `".price * 2"`.'),
  each,
  limits,
})
const select = z.strictObject({
  type: type('select', 'Makes an object of some fields.'),
  fields: z
    .union([z.array(text).min(1), z.record(z.string(), query)])
    .describe('Names of fields, or names with jq queries. Example: `{ id = ".user.id" }`.'),
  each,
  limits,
})
const flatten = z.strictObject({
  type: type('flatten', 'Makes a message of each element of an array.'),
  depth: z.int().min(1).max(100).default(1).describe('How many levels of nested arrays to open.'),
})
const sort = z.strictObject({
  type: type('sort', 'Sorts the elements of an array.'),
  by: query.default('.').describe('Sort key. Example: `".price"`.'),
  order: z.enum(['asc', 'desc']).default('asc').describe('Ascending or descending.'),
  limit: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(1_000_000)
    .describe('Maximum number of elements. A longer array is an error.'),
  limits,
})
const distinct = z.strictObject({
  type: type('distinct', 'Drops messages whose key was seen before.'),
  by: query.default('.').describe('The key. Example: `".id"`.'),
  within: duration().optional().describe('How long a key is remembered. Default: until `limit` is reached.'),
  limit: entries.describe('Maximum number of keys. Beyond it, the oldest is forgotten.'),
  each,
  limits,
})
const aggregate = z
  .strictObject({
    type: type('aggregate', 'Aggregates the elements of an array, or all messages so far.'),
    fields: z
      .record(z.string(), field)
      .describe(
        'Fields of the result, each with a function (`count`, `sum`, `avg`, `min`, `max`, `first`, `last`) and a jq query. Example: `{ total = { sum = ".price" } }`.',
      ),
    by: by.describe('Key of a group. The result has it as `key`. Default: one group.'),
    limit: entries.describe(
      'Maximum number of groups of messages. Beyond it, the group that was unused for longest is forgotten. An array with more groups is an error.',
    ),
    each,
    limits,
  })
  .superRefine(
    ifAllValid(({ by, fields }, context) => {
      if (by === undefined || !Object.hasOwn(fields, 'key')) return
      fault(context, ['fields', 'key'], {
        message: 'the field "key" is the key of the group, because "by" is set',
        hint: 'give the field another name',
      })
    }),
  )
const window = z
  .strictObject({
    type: type('window', 'Makes an array of several messages.'),
    size: extent.describe('Size: a number of messages, or a duration. Example: `100` or `"10s"`.'),
    slide: extent
      .optional()
      .describe(
        'After how many messages or how long the next window begins: a sliding window. Default: `size`, a tumbling window.',
      ),
    limit: entries.describe('Maximum number of messages of a window by time. It closes early when full.'),
  })
  .superRefine(
    ifAllValid(({ size, slide }, context) => {
      if (slide === undefined) return
      if ('ms' in size !== 'ms' in slide)
        wrong(
          context,
          'slide',
          `${'ms' in size ? 'a duration' : 'a number of messages'}, because "size" is one`,
        )
      else if (amount(slide) > amount(size)) wrong(context, 'slide', 'at most "size"')
    }),
  )
const throttle = z.strictObject({
  type: type('throttle', 'Passes at most one message in each interval.'),
  interval: duration().describe('The interval. It begins with the message that passes.'),
  trailing: z
    .boolean()
    .default(true)
    .describe('Whether the newest message of the interval passes at its end. Otherwise it is dropped.'),
  by: by.describe('Messages with different keys do not affect each other. Default: one key for all.'),
  limit: entries.describe('Maximum number of keys. Beyond it, the least recently used is forgotten.'),
  limits,
})
const debounce = z
  .strictObject({
    type: type('debounce', 'Passes a message when no other has followed for some time.'),
    wait: duration().describe('How long no message may follow.'),
    max_wait: duration().optional().describe('Longest delay while messages keep coming. Default: unlimited.'),
    by: by.describe('Messages with different keys do not affect each other. Default: one key for all.'),
    limit: entries.describe('Maximum number of keys. Beyond it, the least recently used passes at once.'),
    limits,
  })
  .superRefine(
    ifAllValid(({ wait, max_wait: longest }, context) => {
      if (longest !== undefined && longest < wait) wrong(context, 'max_wait', 'at least "wait"')
    }),
  )
const join = z.strictObject({
  type: type('join', 'Adds the newest value of a `data` block to an object.'),
  with: text.describe('The `data` block. Example: `data.rates`.').meta({ refers: 'data' }),
  as: text.optional().describe('Field for its value. Default: the name of the `data` block.'),
  missing: z
    .enum(['null', 'drop', 'fail'])
    .default('null')
    .describe(
      'What happens while the `data` has no value: the field is `null`, or the message is dropped, or it fails.',
    ),
})

const script = z.strictObject({
  type: type('script', 'Replaces a message by what a function of a script returns for it.'),
  function: nameOf('script')
    .describe(
      'The function, as `script.NAME.FUNCTION` or as text. It gets the whole message; `undefined` drops it. Example: `script.orders.enrich`.',
    )
    .refine((given) => scriptFunctionOf(given) !== undefined, { error: 'expected script.NAME.FUNCTION' }),
})

const block = z.discriminatedUnion('type', [
  jq,
  filter,
  map,
  select,
  flatten,
  sort,
  distinct,
  aggregate,
  window,
  throttle,
  debounce,
  join,
  script,
])

/** The types of transforms, for messages. */
export const TYPES = block.options.map(({ shape }) => shape.type.value).join(', ')

/** Schema of a `transform` block of `data`, `route` and `server`, and of the option `transform` of a subscription. */
export const transform = block
  .transform(toTransform)
  .describe('Transforms messages, on the thread of the integration.')

/** The attribute `transform`: one block or several, in order. */
export const transforms = z
  .union([transform, z.array(transform)])
  .transform((given): readonly TransformSettings[] => (Array.isArray(given) ? given : [given]))
  .describe('Transforms in order.')

function toTransform(values: z.output<typeof block>): TransformSettings {
  switch (values.type) {
    case 'jq':
      return { type: 'jq', query: queryOf(values.query, values.limits) }
    case 'filter':
    case 'map':
      return { type: values.type, expr: queryOf(values.expr, values.limits), ...eachOf(values) }
    case 'select':
      return { type: 'select', fields: fieldsOf(values.fields, values.limits), ...eachOf(values) }
    case 'flatten':
      return values
    case 'sort': {
      const { limits, by, ...rest } = values
      return { ...rest, by: queryOf(by, limits) }
    }
    case 'distinct': {
      const { limits, by, within, each: _, ...rest } = values
      return {
        ...rest,
        by: queryOf(by, limits),
        ...(within !== undefined && { withinMs: within }),
        ...eachOf(values),
      }
    }
    case 'aggregate': {
      const fields = Object.entries(values.fields).map(([name, given]): AggregateField => {
        const [[called, of]] = Object.entries(given).filter(([, of]) => of !== undefined) as [
          [AggregateField['function'], string],
        ]
        return { name, function: called, of: queryOf(of, values.limits) }
      })
      return { type: 'aggregate', fields, limit: values.limit, ...byOf(values), ...eachOf(values) }
    }
    case 'window':
      return { ...values, slide: values.slide ?? values.size }
    case 'throttle': {
      const { interval, trailing, limit } = values
      return { type: 'throttle', intervalMs: interval, trailing, limit, ...byOf(values) }
    }
    case 'debounce': {
      const { wait, max_wait, limit } = values
      const longest = max_wait !== undefined && { maxWaitMs: max_wait as number }
      return { type: 'debounce', waitMs: wait, limit, ...longest, ...byOf(values) }
    }
    case 'join': {
      // The name alone, or with the kind of its block.
      const name = values.with.replace(/^data\./u, '')
      return { ...values, with: name, as: values.as ?? name }
    }
    case 'script':
      return { type: 'script', handler: scriptFunctionOf(values.function)! }
  }
}

function amount(extent: WindowExtent): number {
  return 'ms' in extent ? extent.ms : extent.messages
}

function eachOf({ each }: { readonly each?: 'message' | 'element' | undefined }) {
  return each !== undefined && { each }
}

function byOf({ by, limits }: { readonly by?: string | undefined; readonly limits: QueryLimits }) {
  return by !== undefined && { by: queryOf(by, limits) }
}

/** Fields by name: the query of a field that is only named reads it. */
function fieldsOf(fields: readonly string[] | Readonly<Record<string, string>>, limits: QueryLimits) {
  const named = Array.isArray(fields)
    ? fields.map((name) => [name, `.[${JSON.stringify(name)}]`] as const)
    : Object.entries(fields)
  return named.map(([name, of]) => ({ name, of: queryOf(of, limits) }))
}
