import { report } from './report.js'
import type { Span } from './source.js'
import { textOf } from './source.js'
import type { TokenStream } from './token-stream.js'

const SIMPLE: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }
const QUOTED = /\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[^]|\$\$+\{|%%+\{/gu
const HEREDOC = /\$\$+\{|%%+\{/g

/** The value of a raw piece of a string or heredoc; a wrong escape is reported where it stands. */
export function unescapeText(stream: TokenStream, span: Span, quoted: boolean): string {
  return textOf(span).replace(quoted ? QUOTED : HEREDOC, (escape: string, at: number) => {
    if (!escape.startsWith('\\')) return escape.slice(1)
    const simple = SIMPLE[escape[1]!]
    if (escape.length <= 3 && simple !== undefined) return simple
    const code = escape.length > 3 ? Number.parseInt(escape.slice(2), 16) : Number.NaN
    if (code <= 0x10ffff) return String.fromCodePoint(code)
    const place = { source: span.source, start: span.start + at, end: span.start + at + escape.length }
    report(stream.diagnostics, place, escapeProblem(escape))
    return ''
  })
}

function escapeProblem(escape: string): { message: string; expected: string; found: string } {
  const expected =
    escape[1] === 'u'
      ? '\\u followed by four hexadecimal digits'
      : escape[1] === 'U'
        ? '\\U followed by eight hexadecimal digits, at most 0010FFFF'
        : '\\n, \\r, \\t, \\", \\\\, \\uXXXX or \\UXXXXXXXX'
  return { message: `unknown escape sequence ${escape}`, expected, found: escape }
}
