import type { ScriptFunction } from './script.js'

/** What one run of a query may use. */
export interface QueryLimits {
  /** Elements visited and functions called. */
  readonly steps: number
  /** Size of all results together, in bytes of JSON, approximately. */
  readonly output: number
  /** How deeply the results may be nested. */
  readonly depth: number
  /** The time of a query that is not compiled, in milliseconds. A compiled query is limited by its steps. */
  readonly timeMs: number
}

/** A jq query with its limits. */
export interface Query {
  readonly text: string
  readonly limits: QueryLimits
}

/** What a transform works on: each message, or each element of an array. If absent, the value decides. */
export type TransformEach = 'message' | 'element'

export const AGGREGATE_FUNCTIONS = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last'] as const
export type AggregateFunction = (typeof AGGREGATE_FUNCTIONS)[number]

/** One field of an aggregate: the function, and the query whose results it takes. */
export interface AggregateField {
  readonly name: string
  readonly function: AggregateFunction
  readonly of: Query
}

/** The extent of a window: a number of messages, or a period. */
export type WindowExtent = { readonly messages: number } | { readonly ms: number }

interface Each {
  readonly each?: TransformEach
}

/** Each result of the query is a message. */
export interface JqSettings {
  readonly type: 'jq'
  readonly query: Query
}

/** Keeps what the query is true of. */
export interface FilterSettings extends Each {
  readonly type: 'filter'
  readonly expr: Query
}

/** Replaces a value by the one result of the query. */
export interface MapSettings extends Each {
  readonly type: 'map'
  readonly expr: Query
}

/** Makes an object of the fields. */
export interface SelectSettings extends Each {
  readonly type: 'select'
  readonly fields: readonly { readonly name: string; readonly of: Query }[]
}

/** Makes a message of each element of an array. */
export interface FlattenSettings {
  readonly type: 'flatten'
  readonly depth: number
}

/** Sorts an array by the result of the query. */
export interface SortSettings {
  readonly type: 'sort'
  readonly by: Query
  readonly order: 'asc' | 'desc'
  /** The most elements; a longer array is an error. */
  readonly limit: number
}

/** Drops what has a key that was seen before. */
export interface DistinctSettings extends Each {
  readonly type: 'distinct'
  readonly by: Query
  /** The most keys that are remembered; beyond it the oldest is forgotten. */
  readonly limit: number
  /** How long a key is remembered. Until the limit if absent. */
  readonly withinMs?: number
}

/** Aggregates the elements of an array, or all messages so far. */
export interface AggregateSettings extends Each {
  readonly type: 'aggregate'
  readonly by?: Query
  readonly fields: readonly AggregateField[]
  /** Maximum number of keys. Beyond it, the key that was unused longest is forgotten. */
  readonly limit: number
}

/** Makes an array of several messages. */
export interface WindowSettings {
  readonly type: 'window'
  readonly size: WindowExtent
  /** Of the same kind as `size` and not above it; equal for a tumbling window. */
  readonly slide: WindowExtent
  /** The most messages in a window of time; it closes early when they are reached. */
  readonly limit: number
}

interface Keyed {
  /** Messages with different keys do not affect each other. One key if absent. */
  readonly by?: Query
  /** Maximum number of keys. Beyond it, the key that was unused longest is forgotten. */
  readonly limit: number
}

/** Passes at most one message in each interval. */
export interface ThrottleSettings extends Keyed {
  readonly type: 'throttle'
  readonly intervalMs: number
  /** Whether the newest dropped message passes at the end of the interval. */
  readonly trailing: boolean
}

/** Passes a message when no other has followed for some time. */
export interface DebounceSettings extends Keyed {
  readonly type: 'debounce'
  readonly waitMs: number
  /** The longest delay while messages keep coming. Unlimited if absent. */
  readonly maxWaitMs?: number
}

/** Adds the newest value of a `data` block to an object. */
export interface JoinSettings {
  readonly type: 'join'
  /** Name of the `data` block. */
  readonly with: string
  /** The field for its value. */
  readonly as: string
  /** What happens to a message while the `data` has no value. */
  readonly missing: 'null' | 'drop' | 'fail'
}

/** Replaces a message by what a function of a script returns for it. */
export interface ScriptTransformSettings {
  readonly type: 'script'
  readonly handler: ScriptFunction
}

/** A `transform` block, checked and with its defaults. Plain data, because it crosses to the actor's thread. */
export type TransformSettings =
  | JqSettings
  | FilterSettings
  | MapSettings
  | SelectSettings
  | FlattenSettings
  | SortSettings
  | DistinctSettings
  | AggregateSettings
  | WindowSettings
  | ThrottleSettings
  | DebounceSettings
  | JoinSettings
  | ScriptTransformSettings

/** Returns the queries of a transform with the attributes that contain them. */
export function queriesOf(
  transform: TransformSettings,
): readonly { readonly path: readonly string[]; readonly query: Query }[] {
  switch (transform.type) {
    case 'jq':
      return [{ path: ['query'], query: transform.query }]
    case 'filter':
    case 'map':
      return [{ path: ['expr'], query: transform.expr }]
    case 'select':
      return transform.fields.map(({ name, of }) => ({ path: ['fields', name], query: of }))
    case 'aggregate':
      return [
        ...by(transform.by),
        ...transform.fields.map((field) => ({
          path: ['fields', field.name, field.function],
          query: field.of,
        })),
      ]
    case 'sort':
    case 'distinct':
    case 'throttle':
    case 'debounce':
      return by(transform.by)
    default:
      return []
  }
}

function by(query: Query | undefined) {
  return query === undefined ? [] : [{ path: ['by'], query }]
}
