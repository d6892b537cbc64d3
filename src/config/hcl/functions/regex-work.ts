/** Escapes and sets, which are one character each. */
const CHARACTER = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]/gsu
const TOKEN = /\(\?(?::|P?<\w+>)|[*+?]\??|\{(\d+)(,?)(\d*)\}\??|[()|]/gu

/**
 * How many characters a search for a pattern may look at in a text of a length, at most: each repetition and each choice
 * multiplies it. The pattern must not repeat groups.
 */
export function mostWork(pattern: string, length: number): number {
  const plain = pattern.replace(CHARACTER, 'x')
  let work = plain.startsWith('^') && !plain.includes('|') ? 1 : length + 1
  const options = [1]
  for (const [token, from, comma, to] of plain.matchAll(TOKEN)) {
    if (token === '|') options[options.length - 1]!++
    else if (token.startsWith('(')) options.push(1)
    else if (token === ')') work *= options.pop() ?? 1
    else if (token.startsWith('?')) work *= 2
    else if (from === undefined || (comma === ',' && to === '')) work *= length + 1
    else if (comma === ',') work *= Math.max(1, Number(to) - Number(from) + 1)
  }
  return options.reduce((all, each) => all * each, work)
}
