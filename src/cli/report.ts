import { Diagnostics, formatDiagnostics } from '../config/hcl/diagnostics.js'
import type { Diagnostic } from '../core/diagnostic.js'
import type { Terminal } from './terminal.js'

/** Writes diagnostics and their number to stderr. */
export function reportDiagnostics(found: readonly Diagnostic[], terminal: Terminal): void {
  if (found.length === 0) return
  const diagnostics = new Diagnostics()
  for (const diagnostic of found) diagnostics.add(diagnostic)
  terminal.err(`${formatDiagnostics(diagnostics, { color: terminal.colorErr })}\n\n`)
  const errors = diagnostics.errors.length
  const warnings = found.length - errors
  const counts = [errors > 0 ? plural(errors, 'error') : '', warnings > 0 ? plural(warnings, 'warning') : '']
  terminal.err(`${counts.filter((part) => part !== '').join(', ')}\n`)
}

/** Formats a count with its noun. */
export function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
