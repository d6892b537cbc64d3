import type { Span } from './source.js'
import { textOf } from './source.js'
import type { TokenStream } from './token-stream.js'

const SIMPLE: Record<string, string> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }
const QUOTED = /\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[\s\S]|\$\$+\{|%%+\{/gu
const HEREDOC = /\$\$+\{|%%+\{/g

/** Resolves the escapes in a raw piece of a string or heredoc. Reports an invalid escape at its place. */
export function unescapeText(stream: TokenStream, span: Span, quoted: boolean): string {
  return textOf(span).replace(quoted ? QUOTED : HEREDOC, (sequence: string, at: number) => {
    if (!sequence.startsWith('\\')) return sequence.slice(1)
    const simple = SIMPLE[sequence[1]!]
    if (sequence.length <= 3 && simple !== undefined) return simple
    const code = sequence.length > 3 ? Number.parseInt(sequence.slice(2), 16) : Number.NaN
    if (code <= 0x10ffff) return String.fromCodePoint(code)
    const place = { source: span.source, start: span.start + at, end: span.start + at + sequence.length }
    stream.report(place, escapeProblem(sequence))
    return ''
  })
}

function escapeProblem(sequence: string): { message: string; expected: string; found: string } {
  const expected =
    sequence[1] === 'u'
      ? '\\u followed by four hexadecimal digits'
      : sequence[1] === 'U'
        ? '\\U followed by eight hexadecimal digits, at most 0010FFFF'
        : '\\n, \\r, \\t, \\", \\\\, \\uXXXX or \\UXXXXXXXX'
  return { message: `unknown escape sequence ${sequence}`, expected, found: sequence }
}
