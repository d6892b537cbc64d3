/** One fault in a configuration, with its place. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  /** The file as the caller named it; in parentheses if it is not a file, such as `(options)`. */
  readonly file: string
  /** 1-based; 0 if the fault is not in a file: the message then begins with the path of the setting. */
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
