import type { Diagnostic } from '../core/diagnostic.js'
import { mapTexts } from './hcl/diagnostics.js'

/** Shorter stretches are masked only where they are all that is quoted: they are in every text. */
const LEAST = 3
/** A parser shows this much of a token. */
const SHOWN = 40

/** Where a text quotes a token or a value: `token`, the string "…", the number 5. */
const QUOTES = /(?<=`)[^`]+(?=`)|(?<=the string ").*(?=")|(?<=the number )[^\s,]+/gsu

/**
 * A diagnostic with the masked line as its source. What is masked in the line is masked where a text quotes it, too: a
 * parser quotes the token that it did not expect.
 */
export function withMaskedLine(diagnostic: Diagnostic, line: string): Diagnostic {
  const hidden = hiddenIn(diagnostic.source ?? line, line)
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

/** The stretches of a line that are masked, and the words in them. */
function hiddenIn(original: string, masked: string): ReadonlySet<string> {
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
