import type { Diagnostic } from '../../core/diagnostic.js'
import { withoutQuotedUserInfo } from '../../core/user-info.js'

export { didYouMean } from '../../core/did-you-mean.js'
export type { Diagnostic }

/** Maximum number of errors and of warnings per file, because each takes time in proportion to its line. */
export const MAX_REPORTS = 200

const TEXTS = ['message', 'expected', 'found', 'hint'] as const

/** Returns a diagnostic with each of its texts mapped. */
export function mapTexts(diagnostic: Diagnostic, map: (text: string) => string): Diagnostic {
  const changed = TEXTS.flatMap((name) => {
    const text = diagnostic[name]
    return text === undefined ? [] : [[name, map(text)] as const]
  })
  return { ...diagnostic, ...Object.fromEntries(changed) }
}

/** Collects errors and warnings, so that all of a configuration are reported at once. */
export class Diagnostics {
  readonly items: Diagnostic[] = []
  /** Number of reports by what they are about. */
  readonly #reports = new Map<object, { error: number; warning: number }>()

  /** Counts a report about a source. @returns whether it may be added, and whether it is the last that may */
  roomFor(source: object, severity: Diagnostic['severity']): 'room' | 'last' | 'none' {
    const counts = this.#reports.get(source) ?? { error: 0, warning: 0 }
    this.#reports.set(source, counts)
    const count = ++counts[severity]
    return count <= MAX_REPORTS ? 'room' : count === MAX_REPORTS + 1 ? 'last' : 'none'
  }

  /** Adds a diagnostic. Masks the user info of URLs in its texts. */
  add(diagnostic: Diagnostic): void {
    this.items.push(mapTexts(diagnostic, withoutQuotedUserInfo))
  }

  /** Returns the errors in the order of `sorted`. */
  get errors(): Diagnostic[] {
    return this.sorted().filter((item) => item.severity === 'error')
  }

  get hasErrors(): boolean {
    return this.items.some((item) => item.severity === 'error')
  }

  /** Sorts by file, line and column. Diagnostics at the same place keep their order. */
  sorted(): Diagnostic[] {
    return [...this.items].sort(
      (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
    )
  }
}

const STYLES = { red: '31;1', yellow: '33;1', blue: '34;1', cyan: '36', bold: '1' } as const

/** Number of columns shown of a long line. */
const SHOWN_COLUMNS = 160

/** Formats a diagnostic for people: message, place, underlined source line, expectation and hint. */
export function formatDiagnostic(diagnostic: Diagnostic, options: { color?: boolean } = {}): string {
  const paint = (style: keyof typeof STYLES, text: string) =>
    options.color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text
  const tone = diagnostic.severity === 'error' ? 'red' : 'yellow'
  const lines = [`${paint(tone, diagnostic.severity)}${paint('bold', `: ${printable(diagnostic.message)}`)}`]
  // A diagnostic without a file has no line.
  const position = diagnostic.line === 0 ? '' : `:${diagnostic.line}:${diagnostic.column}`
  const gutter = String(diagnostic.line)
  const margin = ' '.repeat(gutter.length)
  const place = `${printable(diagnostic.file)}${position}`
  lines.push(`${margin}${paint('blue', '-->')} ${place}`)
  if (diagnostic.source !== undefined) {
    const { text, padding, carets } = underline(diagnostic, diagnostic.source)
    lines.push(paint('blue', `${margin} |`))
    lines.push(`${paint('blue', `${gutter} |`)} ${text}`)
    lines.push(`${paint('blue', `${margin} |`)} ${padding}${paint(tone, carets)}`)
  }
  const wanted = [
    diagnostic.expected === undefined ? '' : `expected ${printable(diagnostic.expected)}`,
    diagnostic.found === undefined ? '' : `found ${printable(diagnostic.found)}`,
  ].filter((part) => part !== '')
  if (wanted.length > 0) lines.push(`${margin} ${paint('blue', '=')} ${wanted.join(', ')}`)
  if (diagnostic.hint !== undefined)
    lines.push(`${margin} ${paint('cyan', 'hint:')} ${printable(diagnostic.hint)}`)
  return lines.join('\n')
}

/** Formats all diagnostics, sorted and separated by empty lines. */
export function formatDiagnostics(diagnostics: Diagnostics, options: { color?: boolean } = {}): string {
  return diagnostics
    .sorted()
    .map((item) => formatDiagnostic(item, options))
    .join('\n\n')
}

function underline(
  diagnostic: Diagnostic,
  source: string,
): { text: string; padding: string; carets: string } {
  const points = [...source]
  const start = Math.min(Math.max(diagnostic.column - 1, 0), points.length)
  const endsHere = diagnostic.endLine === undefined || diagnostic.endLine === diagnostic.line
  const end = endsHere
    ? Math.min((diagnostic.endColumn ?? diagnostic.column + 1) - 1, points.length)
    : points.length
  let from = 0
  let to = points.length
  if (points.length > SHOWN_COLUMNS) {
    from = Math.max(0, Math.min(start - Math.floor(SHOWN_COLUMNS / 3), points.length - SHOWN_COLUMNS))
    to = from + SHOWN_COLUMNS
  }
  const before = from > 0 ? '…' : ''
  const text = `${before}${printable(points.slice(from, to).join(''))}${to < points.length ? '…' : ''}`
  // The padding repeats the tabs of the line, so that both rows align at any tab width.
  const indent = points.slice(from, start).map((point) => (point === '\t' ? '\t' : ' '.repeat(width(point))))
  const under = points.slice(start, Math.min(end, to)).map((point) => '^'.repeat(width(point)))
  return { text, padding: `${before === '' ? '' : ' '}${indent.join('')}`, carets: under.join('') || '^' }
}

const WIDE =
  /^(?:\p{Emoji_Presentation}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}！-｠])$/u
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u

function width(point: string): number {
  if (WIDE.test(point)) return 2
  return ZERO_WIDTH.test(point) ? 0 : 1
}

/** Replaces control characters, so that a configuration file cannot send escape sequences to the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression must match control characters
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd')
}
