/** One fault in a configuration, with its place. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** As it was named by the caller; in parentheses when it is not a file, such as `(options)`. */
  readonly file: string
  /** 1-based; 0 when it is not in a file: the message then begins with its path. */
  readonly line: number
  /** 1-based (0 without a file), counted in Unicode code points. */
  readonly column: number
  readonly endLine?: number
  readonly endColumn?: number
  readonly message: string
  readonly expected?: string
  readonly found?: string
  readonly hint?: string
  /** The text of the line. */
  readonly source?: string
}
