import type { Query } from '../../core/settings/transform.js'
import type { Json } from '../jq/values/json.js'

/** A request to the thread that runs jq. */
export interface JqRequest {
  readonly query: Query
  /** The inputs, as the text of a JSON array. */
  readonly inputs: string
}

/** What came of one input. */
export type JqOutcome =
  | { readonly ok: true; readonly results: readonly Json[] }
  /** The query raised an error with this value. */
  | { readonly ok: false; readonly error: Json }
  | { readonly ok: false; readonly limit: 'output' | 'depth'; readonly message: string }

/** The answer of the thread. */
export type JqAnswer =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly JqOutcome[] }
  /** jq itself failed, for example because its memory is used up. */
  | { readonly kind: 'failed'; readonly message: string }

export type FromJqThread = { readonly kind: 'loaded' } | JqAnswer
