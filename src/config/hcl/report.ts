import { type Diagnostic, type Diagnostics, MAX_REPORTS } from './diagnostics.js'
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

/** Adds the diagnostic of a span, unless there are too many of its file. */
export function report(diagnostics: Diagnostics, span: Span, finding: Finding): void {
  const severity = finding.severity ?? 'error'
  const room = diagnostics.roomFor(span.source, severity)
  if (room === 'none') return
  const tooMany = { severity, message: `more than ${MAX_REPORTS} ${severity}s; the rest is not reported` }
  diagnostics.add(diagnosticAt(span, room === 'last' ? tooMany : finding))
}
