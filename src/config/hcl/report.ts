import type { Diagnostic, Diagnostics } from './diagnostics.js'
import type { Span } from './source.js'

/** The texts of a diagnostic, without its place. */
export type Finding = Pick<Diagnostic, 'message'> &
  Partial<Pick<Diagnostic, 'severity' | 'expected' | 'found' | 'hint'>>

/** Makes the diagnostic of a span. */
function diagnosticAt(span: Span, finding: Finding): Diagnostic {
  const from = span.source.position(span.start)
  const to = span.source.position(span.end)
  return {
    severity: 'error',
    file: span.source.name,
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
    ...finding,
    source: span.source.lineText(from.line),
  }
}

/** Adds the diagnostic of a span. */
export function report(diagnostics: Diagnostics, span: Span, finding: Finding): void {
  diagnostics.add(diagnosticAt(span, finding))
}
