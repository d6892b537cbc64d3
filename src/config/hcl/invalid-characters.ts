// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the hints show the language

const HINTS: Record<string, string> = {
  "'": 'strings are written in double quotes (")',
  '`': 'strings are written in double quotes ("); for several lines use a heredoc (<<EOF)',
  ';': 'end an argument with the end of the line; separate items with a comma',
  '&': 'write && for "and"; there are no bitwise operators',
  '|': 'write || for "or"; there are no bitwise operators',
  '^': 'there are no bitwise operators; powers are not supported',
  $: 'a template sequence ${ } is only valid inside a string; outside of one, write the expression alone',
  '~': '~ is only valid next to the brace of a template sequence, as in ${~ x ~}',
  '“': 'strings are written in straight double quotes (")',
  '”': 'strings are written in straight double quotes (")',
  '\\': 'a line cannot be continued with a backslash; put the expression in parentheses',
}

/** Describes a character that begins no token. */
export function characterProblem(character: string): { message: string; hint?: string } {
  const code = character.codePointAt(0)!
  const name = code < 0x21 || code === 0x7f ? codeName(code) : `\`${character}\``
  if (/^\p{Zs}$/u.test(character) || /^[\p{Cf}\u2028\u2029]$/u.test(character)) {
    return {
      message: `${codeName(code)} is not allowed here`,
      hint: 'it looks like a space or is invisible: delete it',
    }
  }
  if (character === '\r') {
    return { message: 'a carriage return without a line feed', hint: 'end lines with LF or CRLF' }
  }
  const hint = HINTS[character]
  return {
    message: `the character ${name} is not part of the language`,
    ...(hint === undefined ? {} : { hint }),
  }
}

function codeName(code: number): string {
  return `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
