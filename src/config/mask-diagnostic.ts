import type { Diagnostic } from '../core/diagnostic.js'
import { mapTexts } from './hcl/diagnostics.js'

/** Shorter parts are masked only as a whole quotation, because they occur in every text. */
const LEAST = 3
/** Maximum length of a token that the parser quotes. */
const SHOWN = 40

/** Quotations of a token or value in a message: `token`, the string "…", the number 5. */
const QUOTES = /(?<=`)[^`]+(?=`)|(?<=the string ").*(?=")|(?<=the number )[^\s,]+/gsu

/**
 * Replaces the source line of a diagnostic by the masked line. Also masks the hidden parts where a message quotes
 * them, as the parser does with an unexpected token.
 */
export function withMaskedLine(diagnostic: Diagnostic, line: string): Diagnostic {
  const hidden = maskedParts(diagnostic.source ?? line, line)
  const shown = { ...diagnostic, source: line }
  if (hidden.size === 0) return shown
  const mask = (quoted: string) => {
    const secret = [...hidden].some(
      (part) => part === quoted || (part.length >= LEAST && quoted.includes(part)),
    )
    return secret ? '***' : quoted
  }
  return mapTexts(shown, (text) => text.replace(QUOTES, mask))
}

/** Returns the masked parts of a line and the words in them. */
function maskedParts(original: string, masked: string): ReadonlySet<string> {
  const found = new Set<string>()
  if (original === masked) return found
  const points = [...original]
  const stars = [...masked]
  for (let from = 0; from < stars.length; from++) {
    let to = from
    while (to < stars.length && stars[to] === '*') to++
    const stretch = points.slice(from, to).join('')
    if (stretch !== '') found.add(stretch).add(stretch.slice(0, SHOWN))
    for (const word of stretch.split(/[\s,;()[\]{}]+/u)) if (word !== '') found.add(word)
    from = Math.max(from, to)
  }
  return found
}
