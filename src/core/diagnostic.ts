/** One fault in a configuration, with the place it stands at. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning'
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based, counted in Unicode code points. */
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
