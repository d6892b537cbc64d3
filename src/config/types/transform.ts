// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
import type { Duration } from '../../core/duration.js'
import type { TransformFieldsBlock } from './transform-fields.js'
import type { TransformLimitsBlock } from './transform-limits.js'

/**
 * A block `transform` with the type `aggregate`: Aggregates the elements of an array, or all messages so far.
 */
export interface AggregateTransformBlock {
  /** Aggregates the elements of an array, or all messages so far. */
  readonly type: 'aggregate'
  /**
   * Fields of the result, each with a function (`count`, `sum`, `avg`, `min`, `max`, `first`, `last`) and a
   * jq query. Example: `{ total = { sum = ".price" } }`.
   */
  readonly fields: { readonly [name: string]: TransformFieldsBlock }
  /** Key of a group. The result has it as `key`. Default: one group. */
  readonly by?: string | undefined
  /**
   * Maximum number of groups of messages. Beyond it, the group that was unused for longest is forgotten. An
   * array with more groups is an error.
   * A whole number from 1 to 1000000.
   * @defaultValue `10000`
   */
  readonly limit?: number | undefined
  /**
   * What it applies to: the whole value of each `message`, or each `element` of an array. Default: `element`
   * if the value is an array.
   */
  readonly each?: 'message' | 'element' | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/**
 * A block `transform` with the type `debounce`: Passes a message when no other has followed for some time.
 */
export interface DebounceTransformBlock {
  /** Passes a message when no other has followed for some time. */
  readonly type: 'debounce'
  /**
   * How long no message may follow.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly wait: Duration
  /**
   * Longest delay while messages keep coming. Default: unlimited.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly max_wait?: Duration | undefined
  /** Messages with different keys do not affect each other. Default: one key for all. */
  readonly by?: string | undefined
  /**
   * Maximum number of keys. Beyond it, the least recently used passes at once.
   * A whole number from 1 to 1000000.
   * @defaultValue `10000`
   */
  readonly limit?: number | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/** A block `transform` with the type `distinct`: Drops messages whose key was seen before. */
export interface DistinctTransformBlock {
  /** Drops messages whose key was seen before. */
  readonly type: 'distinct'
  /**
   * The key. Example: `".id"`.
   * @defaultValue `"."`
   */
  readonly by?: string | undefined
  /**
   * How long a key is remembered. Default: until `limit` is reached.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly within?: Duration | undefined
  /**
   * Maximum number of keys. Beyond it, the oldest is forgotten.
   * A whole number from 1 to 1000000.
   * @defaultValue `10000`
   */
  readonly limit?: number | undefined
  /**
   * What it applies to: the whole value of each `message`, or each `element` of an array. Default: `element`
   * if the value is an array.
   */
  readonly each?: 'message' | 'element' | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/** A block `transform` with the type `filter`: Keeps messages for which a jq query is true. */
export interface FilterTransformBlock {
  /** Keeps messages for which a jq query is true. */
  readonly type: 'filter'
  /** Kept if the first result is neither false nor null. Example: `".price > 10"`. */
  readonly expr: string
  /**
   * What it applies to: the whole value of each `message`, or each `element` of an array. Default: `element`
   * if the value is an array.
   */
  readonly each?: 'message' | 'element' | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/** A block `transform` with the type `flatten`: Makes a message of each element of an array. */
export interface FlattenTransformBlock {
  /** Makes a message of each element of an array. */
  readonly type: 'flatten'
  /**
   * How many levels of nested arrays to open.
   * A whole number from 1 to 100.
   * @defaultValue `1`
   */
  readonly depth?: number | undefined
}

/** A block `transform` with the type `join`: Adds the newest value of a `data` block to an object. */
export interface JoinTransformBlock {
  /** Adds the newest value of a `data` block to an object. */
  readonly type: 'join'
  /** The `data` block. Example: `data.rates`. */
  readonly with: string
  /** Field for its value. Default: the name of the `data` block. */
  readonly as?: string | undefined
  /**
   * What happens while the `data` has no value: the field is `null`, or the message is dropped, or it fails.
   * @defaultValue `"null"`
   */
  readonly missing?: 'null' | 'drop' | 'fail' | undefined
}

/**
 * A block `transform` with the type `jq`: Runs a jq query. Each result is a message; no result drops the
 * message.
 */
export interface JqTransformBlock {
  /** Runs a jq query. Each result is a message; no result drops the message. */
  readonly type: 'jq'
  /** The query. Example: `".payload"`. */
  readonly query: string
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/** A block `transform` with the type `map`: Replaces a value by the result of a jq query. */
export interface MapTransformBlock {
  /** Replaces a value by the result of a jq query. */
  readonly type: 'map'
  /** The query. It must have exactly one result. Example: `".price * 2"`. */
  readonly expr: string
  /**
   * What it applies to: the whole value of each `message`, or each `element` of an array. Default: `element`
   * if the value is an array.
   */
  readonly each?: 'message' | 'element' | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/**
 * A block `transform` with the type `script`: Replaces a message by what a function of a script returns for
 * it.
 */
export interface ScriptTransformBlock {
  /** Replaces a message by what a function of a script returns for it. */
  readonly type: 'script'
  /**
   * The function, as `script.NAME.FUNCTION` or as text. It gets the whole message; `undefined` drops it.
   * Example: `script.orders.enrich`.
   */
  readonly function: string
}

/** A block `transform` with the type `select`: Makes an object of some fields. */
export interface SelectTransformBlock {
  /** Makes an object of some fields. */
  readonly type: 'select'
  /** Names of fields, or names with jq queries. Example: `{ id = ".user.id" }`. */
  readonly fields: readonly string[] | { readonly [name: string]: string }
  /**
   * What it applies to: the whole value of each `message`, or each `element` of an array. Default: `element`
   * if the value is an array.
   */
  readonly each?: 'message' | 'element' | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/** A block `transform` with the type `sort`: Sorts the elements of an array. */
export interface SortTransformBlock {
  /** Sorts the elements of an array. */
  readonly type: 'sort'
  /**
   * Sort key. Example: `".price"`.
   * @defaultValue `"."`
   */
  readonly by?: string | undefined
  /**
   * Ascending or descending.
   * @defaultValue `"asc"`
   */
  readonly order?: 'asc' | 'desc' | undefined
  /**
   * Maximum number of elements. A longer array is an error.
   * A whole number from 1 to 10000000.
   * @defaultValue `1000000`
   */
  readonly limit?: number | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/** A block `transform` with the type `throttle`: Passes at most one message in each interval. */
export interface ThrottleTransformBlock {
  /** Passes at most one message in each interval. */
  readonly type: 'throttle'
  /**
   * The interval. It begins with the message that passes.
   * A duration: milliseconds, or text such as `"30s"`.
   */
  readonly interval: Duration
  /**
   * Whether the newest message of the interval passes at its end. Otherwise it is dropped.
   * @defaultValue `true`
   */
  readonly trailing?: boolean | undefined
  /** Messages with different keys do not affect each other. Default: one key for all. */
  readonly by?: string | undefined
  /**
   * Maximum number of keys. Beyond it, the least recently used is forgotten.
   * A whole number from 1 to 1000000.
   * @defaultValue `10000`
   */
  readonly limit?: number | undefined
  /** Limits of one run of a query. Beyond a limit the query fails for that message. */
  readonly limits?: TransformLimitsBlock | undefined
}

/** A block `transform` of any kind. */
export type TransformBlock =
  | JqTransformBlock
  | FilterTransformBlock
  | MapTransformBlock
  | SelectTransformBlock
  | FlattenTransformBlock
  | SortTransformBlock
  | DistinctTransformBlock
  | AggregateTransformBlock
  | WindowTransformBlock
  | ThrottleTransformBlock
  | DebounceTransformBlock
  | JoinTransformBlock
  | ScriptTransformBlock

/** A block `transform` with the type `window`: Makes an array of several messages. */
export interface WindowTransformBlock {
  /** Makes an array of several messages. */
  readonly type: 'window'
  /** Size: a number of messages, or a duration. Example: `100` or `"10s"`. */
  readonly size: number | string
  /**
   * After how many messages or how long the next window begins: a sliding window. Default: `size`, a tumbling
   * window.
   */
  readonly slide?: number | string | undefined
  /**
   * Maximum number of messages of a window by time. It closes early when full.
   * A whole number from 1 to 1000000.
   * @defaultValue `10000`
   */
  readonly limit?: number | undefined
}
