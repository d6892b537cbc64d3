import type { Json } from './values/json.js'
import { dump } from './values/text.js'

/** An error of a query, as `error` raises it and `try` catches it: any value. */
export class JqError extends Error {
  readonly value: Json
  constructor(value: Json) {
    super(typeof value === 'string' ? value : `${dump(value)} (not a string)`)
    this.name = 'JqError'
    this.value = value
  }
}

/** The query is not a jq program. */
export class JqSyntaxError extends Error {
  /** Where in its text, counted in UTF-16 units from 0. */
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.name = 'JqSyntaxError'
    this.offset = offset
  }
}

export type JqLimit = 'steps' | 'output' | 'depth' | 'time'

/** A query exceeds a limit that was set for it. `try` does not catch it. */
export class JqLimitError extends Error {
  readonly limit: JqLimit
  constructor(limit: JqLimit, message: string) {
    super(message)
    this.name = 'JqLimitError'
    this.limit = limit
  }
}

/** The query is valid but uses a feature that is not compiled. */
export class NotCompiled extends Error {
  /** What it uses. */
  readonly feature: string
  constructor(feature: string) {
    super(`uses ${feature}`)
    this.name = 'NotCompiled'
    this.feature = feature
  }
}

/** The query uses modules. No path runs it, because a configuration has no folder to load them from. */
export class ModulesUsed extends NotCompiled {}

/** Ends the evaluation of the `label` that it was made for. */
export class Break {}
