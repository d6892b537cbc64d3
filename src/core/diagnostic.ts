/** One fault in a configuration, with its place. */
export interface Diagnostic {
  /** A configuration with an error is not started. */
  readonly severity: 'error' | 'warning'
  /** The file as the caller named it; in parentheses if it is not a file, such as `(options)`. */
  readonly file: string
  /** 1-based; 0 if the fault is not in a file: the message then begins with the path of the setting. */
  readonly line: number
  /** 1-based (0 without a file), counted in Unicode code points. */
  readonly column: number
  /** 1-based; the line of the end, where that is known. */
  readonly endLine?: number
  /** 1-based; the column behind the end. */
  readonly endColumn?: number
  /** What is wrong. */
  readonly message: string
  /** The expected value. */
  readonly expected?: string
  /** The value that was found; never a secret. */
  readonly found?: string
  /** What to do. */
  readonly hint?: string
  /** The text of the line. */
  readonly source?: string
}
